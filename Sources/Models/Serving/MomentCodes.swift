import Core
import Features
import Synchronization

/// The features of the moment for request after request: what no clock tells is looked up once, and a second's codes
/// serve all requests of that second.
final class MomentCodes: Sendable {
    private let features: [TwoTowerShape.Feature]
    private let workflow: Workflow
    /// For each feature that does not follow from the clock, its most frequent code.
    private let fixed: [Int32?]
    private let last = Mutex<(at: Int64, codes: [Int32])?>(nil)

    /// - Complexity: O(rows) for each feature that does not follow from the clock.
    init(_ features: [TwoTowerShape.Feature], data: InteractionDataset) throws {
        self.features = features
        workflow = data.workflow
        let clocked = Set(data.workflow.features(.context).filter { $0.sourceKind == .moment }.map(\.name))
        fixed = try features.map { clocked.contains($0.name) ? nil : try ContextCodes.mostFrequent($0, data) }
    }

    /// One code for each feature at the moment `at`, in seconds since 1970.
    func codes(at: Int64) throws -> [Int32] {
        guard !features.isEmpty else { return [] }
        if let last = last.withLock({ $0 }), last.at == at { return last.codes }
        var row: [String: JSONValue] = [:]
        for feature in workflow.features(.context) where feature.sourceKind == .moment {
            if let source = feature.source { row[source] = .integer(at) }
        }
        let encoded = row.isEmpty ? nil : try workflow.encode(row: row, group: .context)
        let codes = zip(features, fixed).map { feature, fixed in fixed ?? encoded?.code(feature.name) ?? 0 }
        last.withLock { $0 = (at, codes) }
        return codes
    }
}
