import Core

/// `(x − min) / (max − min)`, both of the training rows: training values come out in 0…1.
///
/// Later values beyond the training range come out beyond 0…1; put `clip` before to hold them. Null stays null. Where
/// all training values are equal, everything comes out as 0.
public struct MinMax: FeatureOperator {
    /// The words that name the operator in a project.
    public static let names = ["min-max"]
    /// The least training value, once fitted.
    public private(set) var minimum: Double?
    /// The greatest training value, once fitted.
    public private(set) var maximum: Double?

    /// Makes an operator that is not fitted.
    public init() {}

    /// Reads the operator from a project; faults go to the argument's diagnostics.
    public init(_ argument: OperatorArgument) { argument.expectNothing() }

    /// What comes out if `input` goes in.
    ///
    /// - Throws: `invalidConfiguration` if the operator has no meaning for such values.
    public func output(of input: FeatureKind) throws -> FeatureKind {
        guard input.isNumeric else { throw OperatorFault.kind("min-max", wants: "numbers", found: input) }
        return .real
    }

    /// Learns from the training rows.
    ///
    /// - Complexity: O(values)
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

    /// Turns values into values, one for one.
    ///
    /// - Throws: `invalidData` if the operator should have been fitted and was not, or a value cannot be read.
    /// - Complexity: O(values)
    public func apply(_ column: FeatureColumn, rows: FeatureRows) throws -> FeatureColumn {
        guard let minimum, let maximum else { throw OperatorFault.notFitted("min-max") }
        let scale = maximum > minimum ? 1 / (maximum - minimum) : 0
        return column.with(.real(column.reals.map { ($0 - minimum) * scale }))
    }
}
