import Core

/// `(x − mean) / standard deviation`, both of the training rows.
///
/// Null stays null, and counts in neither figure; as the last operator it comes out as 0, which is the mean. Where all
/// training values are equal, everything comes out as 0.
public struct Normalize: FeatureOperator {
    public static let names = ["normalize"]
    /// The mean of the training rows, once fitted.
    public private(set) var mean: Double?
    /// The standard deviation over the training rows (divided by their number), once fitted.
    public private(set) var deviation: Double?

    /// Makes an operator that is not fitted.
    public init() {}

    public init(_ argument: OperatorArgument) { argument.expectNothing() }

    public func output(of input: FeatureKind) throws -> FeatureKind {
        guard input.isNumeric else { throw OperatorFault.kind("normalize", wants: "numbers", found: input) }
        return .real
    }

    public mutating func fit(_ scan: FeatureScan) throws {
        var moments = RunningMoments()
        try scan.forEach { column, _ in moments.add(column.reals) }
        mean = moments.mean
        deviation = moments.variance.squareRoot()
    }

    public func apply(_ column: FeatureColumn, rows: FeatureRows) throws -> FeatureColumn {
        guard let mean, let deviation else { throw OperatorFault.notFitted("normalize") }
        let scale = deviation > 0 ? 1 / deviation : 0
        return column.with(.real(column.reals.map { ($0 - mean) * scale }))
    }
}
