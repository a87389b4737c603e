import Features
import Models
import Tensor

/// Requests that are answered together, at one moment, from one bundle.
package struct RequestBatch: Sendable {
    package let requests: [PipelineRequest]
    let visitors: [Visitor]
    /// How many items each answer has at most: at least 0, at most as many as are ranked.
    let lengths: [Int]
    /// What drops candidates, for each request: the rules in their order.
    var filters: [[PreparedFilter]]
    /// The moment on the bundle's clock, in seconds since 1970.
    let now: Int64
    let bundle: ServedBundle
    /// For each request the user's encoded features, where fresher ones than the bundle's are known; nil: none are.
    var features: [EncodedRow?]?
    /// For each request what is asked of features that are read when it comes.
    var freshConditions: [[ColumnCondition]] = []
    /// What was read of items.
    var items: [FreshItems] = []
    /// Why the models do without what was read of items; nil: they don't.
    var itemFault: String?

    package var count: Int { requests.count }

    /// The requests as models take them, with the histories that they bring.
    func modelRequest(k: Int) -> RecommendationRequest {
        var offsets = [0]
        var items: [Int32] = []
        var times: [Int64] = []
        for visitor in visitors {
            for contact in visitor.history {
                items.append(contact.item)
                times.append(contact.time)
            }
            offsets.append(items.count)
        }
        return RecommendationRequest(
            users: visitors.map(\.index), k: max(k, 1), at: now,
            history: SparseRows(columns: bundle.data.items.count, offsets: offsets, indices: items),
            historyTimes: times)
    }
}
