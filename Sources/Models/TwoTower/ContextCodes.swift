import Core
import Features

/// The features of the moment that lists are made for.
///
/// What depends on the date is encoded for the date, by the workflow that encoded the training rows. What else an
/// interaction has about it (a sales channel) is not known beforehand: its most frequent code is taken.
struct ContextCodes: Sendable {
    /// One code for each context feature.
    let codes: [Int32]

    /// Encodes the moment `at`, in seconds since 1970.
    init(_ features: [TwoTowerShape.Feature], at: Int64, data: InteractionDataset) throws {
        guard !features.isEmpty else {
            codes = []
            return
        }
        let workflow = data.workflow
        var row: [String: JSONValue] = [:]
        for feature in workflow.features(.context) where feature.sourceKind == .moment {
            if let source = feature.source { row[source] = .integer(at) }
        }
        let encoded = row.isEmpty ? nil : try workflow.encode(row: row, group: .context)
        let byName = Dictionary(workflow.features(.context).map { ($0.name, $0) }) { first, _ in first }
        codes = try features.map { feature in
            if let known = byName[feature.name], known.sourceKind == .moment, let code = encoded?.code(feature.name) {
                return code
            }
            return try Self.mostFrequent(feature, data)
        }
    }

    static func mostFrequent(_ feature: TwoTowerShape.Feature, _ data: InteractionDataset) throws -> Int32 {
        let part = try data.interactions(.train)
        guard case .int32(let values) = try part.context.column(feature.name).values else { return 0 }
        var counts = [Int](repeating: 0, count: feature.cardinality)
        for code in values.values where counts.indices.contains(Int(code)) { counts[Int(code)] += 1 }
        return Int32(counts.indices.max { (counts[$0], -$0) < (counts[$1], -$1) } ?? 0)
    }
}
