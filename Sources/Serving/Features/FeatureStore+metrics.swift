import Stores

extension FeatureStore {
    /// What became of the features that were asked for, in Prometheus' text format.
    var metricsText: String {
        var text = PrometheusText()
        let views = statistics.sorted { $0.key < $1.key }
        text.begin("martlet_features_read_total", "counter", "Features asked for, by view and what became of them.")
        for (name, counts) in views {
            for status in FeatureStatus.allCases {
                text.sample(
                    "martlet_features_read_total", [("view", name), ("status", status.rawValue)],
                    Double(counts.count(of: status)))
            }
        }
        text.begin("martlet_feature_age_seconds", "summary", "How old the values of entities were when they were read.")
        for (name, counts) in views {
            text.sample("martlet_feature_age_seconds_sum", [("view", name)], counts.ageSum)
            text.sample("martlet_feature_age_seconds_count", [("view", name)], Double(counts.aged))
        }
        text.single(
            "martlet_feature_store_errors_total", "counter", "Reads that the store of features did not answer.",
            Double(failures))
        return text.text
    }
}
