import Core

/// Figures over the training rows, made once each.
final class InteractionStatistics {
    private let sorted: SortedInteractions
    private var made: [String: EntityAggregates] = [:]

    init(_ sorted: SortedInteractions) { self.sorted = sorted }

    /// The figures of `column` for each trained user or item; without a column, of the number 1.
    func aggregates(of column: String?, by group: FeatureGroup, count: Int) throws -> EntityAggregates {
        let key = "\(group.rawValue) \(column ?? "")"
        if let known = made[key] { return known }
        let number = try column.map { try reader($0, for: "an aggregate") } ?? { _ in 1 }
        let rows = UnsafeBufferPointer(rebasing: sorted.rows.values[sorted[.train]])
        let aggregates = EntityAggregates(
            rows: rows, entities: group == .item ? sorted.items : sorted.users, count: count, value: number)
        made[key] = aggregates
        return aggregates
    }

    /// The numbers of `column` in each training row, and 1 where there is one.
    func targets(_ column: String) throws -> (sums: [Double], counts: [Double]) {
        let number = try reader(column, for: "a target")
        let rows = sorted.rows.values
        let values = sorted[.train].map { number(Int(rows[$0])) }
        return (values.map { $0.isNaN ? 0 : $0 }, values.map { $0.isNaN ? 0 : 1 })
    }

    private func reader(_ column: String, for use: String) throws -> (Int) -> Double {
        guard let values = sorted.columns[column] else {
            preconditionFailure("the columns were read that features name")
        }
        return try values.numbers(for: use)
    }
}
