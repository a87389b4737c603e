import Core

/// A figure over all training interactions of the user or the item.
///
/// ```yaml
/// mean_price: [join-group-by: {column: price, aggregate: mean}, normalize]
/// ```
/// Aggregates: `count`, `sum`, `mean`, `std` (divided by the number), `min`, `max`. Rows whose column is null or NaN
/// are left out; `count` without a column counts all rows. A user or item without such rows has a null, and 0 as count
/// and sum. Stands first, and only in the groups `user` and `item`.
public struct JoinGroupBy: FeatureOperator {
    /// The figure.
    public enum Aggregate: String, Codable, Sendable, CaseIterable {
        /// How many rows have a value.
        case count
        /// Their sum.
        case sum
        /// Their mean.
        case mean
        /// Their standard deviation, divided by their number.
        case std
        /// The least.
        case min
        /// The greatest.
        case max
    }

    /// The words that name the operator in a project.
    public static let names = ["join-group-by"]
    /// The column of the interactions; nil counts rows.
    public var column: String?
    /// The figure.
    public var aggregate: Aggregate
    /// The figure of each trained user or item by index, once fitted.
    public private(set) var figures: [Double]?

    /// Makes an operator that is not fitted.
    public init(column: String?, aggregate: Aggregate) {
        self.column = column
        self.aggregate = aggregate
    }

    /// Reads the operator from a project; faults go to the argument's diagnostics.
    public init(_ argument: OperatorArgument) {
        var fields = argument.fields()
        column = fields.string("column")
        aggregate = fields.choice("aggregate", of: Aggregate.allCases.map(\.rawValue)).flatMap(Aggregate.init) ?? .count
        if !fields.keys.contains("aggregate") {
            argument.report("needs an 'aggregate'", hint: "write 'join-group-by: {column: price, aggregate: mean}'")
        } else if column == nil, aggregate != .count {
            argument.report("needs a 'column'", hint: "write 'join-group-by: {column: price, aggregate: mean}'")
        }
        fields.finish()
    }

    /// What comes out if `input` goes in.
    ///
    /// - Throws: `invalidConfiguration` if the operator has no meaning for such values.
    public func output(of input: FeatureKind) throws -> FeatureKind { .real }

    /// Learns from the training rows.
    ///
    /// - Complexity: O(values)
    public mutating func fit(_ scan: FeatureScan) throws {
        let aggregates = try scan.aggregates(column)
        figures = aggregates.counts.indices.map { entity in
            let count = aggregates.counts[entity]
            switch aggregate {
            case .count: return count
            case .sum: return aggregates.sums[entity]
            default: break
            }
            guard count > 0 else { return .nan }
            return switch aggregate {
            case .mean: aggregates.sums[entity] / count
            case .std: (aggregates.squares[entity] / count).squareRoot()
            case .min: aggregates.minima[entity]
            case .max, .count, .sum: aggregates.maxima[entity]
            }
        }
    }

    /// Turns values into values, one for one.
    ///
    /// - Throws: `invalidData` if the operator should have been fitted and was not, or a value cannot be read.
    /// - Complexity: O(values)
    public func apply(_ column: FeatureColumn, rows: FeatureRows) throws -> FeatureColumn {
        guard let figures else { throw OperatorFault.notFitted("join-group-by") }
        let absent = aggregate == .count || aggregate == .sum ? 0 : Double.nan
        guard let entities = rows.entities else {
            return FeatureColumn(.real([Double](repeating: absent, count: column.count)))
        }
        return FeatureColumn(
            .real(entities.map { $0 >= 0 && Int($0) < figures.count ? figures[Int($0)] : absent }))
    }

    /// Encoding depends on whose row it is.
    public var needsRows: Bool { true }
    /// The column of the interactions that is learned from.
    public var interactionColumns: [String] { column.map { [$0] } ?? [] }

    // MARK: - Saved and loaded

    private enum Key: String, CodingKey { case column, aggregate, figures }

    /// Reads a saved operator.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        column = try container.decodeIfPresent(String.self, forKey: .column)
        aggregate = try container.decode(Aggregate.self, forKey: .aggregate)
        figures = try container.decodeIfPresent(SavedNumbers.self, forKey: .figures)?.values
    }

    /// Saves the operator; many figures go to a file beside.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encodeIfPresent(column, forKey: .column)
        try container.encode(aggregate, forKey: .aggregate)
        try container.encodeIfPresent(figures.map(SavedNumbers.init), forKey: .figures)
    }
}
