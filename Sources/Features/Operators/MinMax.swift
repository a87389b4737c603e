import Core

/// `(x − min) / (max − min)`, both of the training rows: training values come out in 0…1.
///
/// Later values beyond the training range come out beyond 0…1; put `clip` before to hold them. Null stays null. Where
/// all training values are equal, everything comes out as 0.
public struct MinMax: FeatureOperator {
    public static let names = ["min-max"]
    /// The least training value, once fitted.
    public private(set) var minimum: Double?
    /// The greatest training value, once fitted.
    public private(set) var maximum: Double?

    /// Makes an operator that is not fitted.
    public init() {}

    public init(_ argument: OperatorArgument) { argument.expectNothing() }

    public func output(of input: FeatureKind) throws -> FeatureKind {
        guard input.isNumeric else { throw OperatorFault.kind("min-max", wants: "numbers", found: input) }
        return .real
    }

    public mutating func fit(_ scan: FeatureScan) throws {
        var (low, high) = (Double.infinity, -Double.infinity)
        try scan.forEach { column, _ in
            for value in column.reals where !value.isNaN {
                low = min(low, value)
                high = max(high, value)
            }
        }
        (minimum, maximum) = low <= high ? (low, high) : (0, 0)
    }

    public func apply(_ column: FeatureColumn, rows: FeatureRows) throws -> FeatureColumn {
        guard let minimum, let maximum else { throw OperatorFault.notFitted("min-max") }
        let scale = maximum > minimum ? 1 / (maximum - minimum) : 0
        return column.with(.real(column.reals.map { ($0 - minimum) * scale }))
    }
}
