import Core

/// `(x − mean) / standard deviation`, both of the training rows.
///
/// Null stays null, and counts in neither figure; as the last operator it comes out as 0, which is the mean. Where all
/// training values are equal, everything comes out as 0.
public struct Normalize: FeatureOperator {
    /// The words that name the operator in a project.
    public static let names = ["normalize"]
    /// The mean of the training rows, once fitted.
    public private(set) var mean: Double?
    /// The standard deviation over the training rows (divided by their number), once fitted.
    public private(set) var deviation: Double?

    /// Makes an operator that is not fitted.
    public init() {}

    /// Reads the operator from a project; faults go to the argument's diagnostics.
    public init(_ argument: OperatorArgument) { argument.expectNothing() }

    /// What comes out if `input` goes in.
    ///
    /// - Throws: `invalidConfiguration` if the operator has no meaning for such values.
    public func output(of input: FeatureKind) throws -> FeatureKind {
        guard input.isNumeric else { throw OperatorFault.kind("normalize", wants: "numbers", found: input) }
        return .real
    }

    /// Learns from the training rows.
    ///
    /// - Complexity: O(values)
    public mutating func fit(_ scan: FeatureScan) throws {
        var moments = RunningMoments()
        try scan.forEach { column, _ in moments.add(column.reals) }
        mean = moments.mean
        deviation = moments.variance.squareRoot()
    }

    /// Turns values into values, one for one.
    ///
    /// - Throws: `invalidData` if the operator should have been fitted and was not, or a value cannot be read.
    /// - Complexity: O(values)
    public func apply(_ column: FeatureColumn, rows: FeatureRows) throws -> FeatureColumn {
        guard let mean, let deviation else { throw OperatorFault.notFitted("normalize") }
        let scale = deviation > 0 ? 1 / deviation : 0
        return column.with(.real(column.reals.map { ($0 - mean) * scale }))
    }
}
