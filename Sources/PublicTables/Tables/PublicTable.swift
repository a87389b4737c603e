import Evaluation

/// A public table that models are compared on, and how: the files, the split and the metrics.
public enum PublicTable: String, CaseIterable, Sendable {
    /// LightGCN's Gowalla, or any folder with `train.txt` and `test.txt` of lines `user item item …`.
    ///
    /// Source: He et al., "LightGCN: Simplifying and Powering Graph Convolution Network for Recommendation" (2020).
    case gowalla
    /// S³-Rec's Amazon Beauty, or any file of lines `user item item …` in the order of time: leave-last-out.
    ///
    /// Source: Zhou et al., "S3-Rec: Self-Supervised Learning for Sequential Recommendation" (2020).
    case beauty

    /// The length of the lists.
    public var k: Int {
        switch self {
        case .gowalla: 20
        case .beauty: 10
        }
    }

    /// What is measured, the metric that epochs are chosen by first.
    public var metrics: [Metric] {
        switch self {
        case .gowalla: [Metric(key: "recall@20", title: "Recall@20"), Metric(key: "ndcg@20", title: "NDCG@20")]
        case .beauty: [Metric(key: "hr@10", title: "HR@10"), Metric(key: "ndcg@10", title: "NDCG@10")]
        }
    }

    /// A metric as results and tables name it.
    public struct Metric: Sendable, Hashable {
        /// The key in JSON.
        public let key: String
        /// The heading of a column.
        public let title: String

        /// The metric of lists.
        var ranking: RankingMetric {
            RankingMetric(key.replacing("hr@", with: "hit-rate@"))!
        }
    }

    /// How the table is judged, for people.
    public var protocolText: String {
        switch self {
        case .gowalla:
            """
            train.txt is learned from, test.txt judged once. Hyperparameters and epochs were chosen on the last tenth of \
            each training line; then the model was fitted again on all of train.txt. All items are \
            ranked but those of the user's training line; Recall@20 and NDCG@20 (ideal DCG over min(test items, 20)) \
            are means over the users of test.txt.
            """
        case .beauty:
            """
            The last item of each sequence is judged, once. Hyperparameters and epochs were chosen on the second-last; \
            then the model was fitted again on all but the last. All items are ranked but those of the user's sequence \
            before; HR@10 and NDCG@10 are means over all users.
            """
        }
    }
}
