import Core

/// Holds numbers within bounds.
///
/// ```yaml
/// price: [clip: {min: 0, max: 1}]   # either bound may be left out
/// ```
/// Null stays null.
public struct Clip: FeatureOperator {
    /// The words that name the operator in a project.
    public static let names = ["clip"]
    /// The least value that comes out.
    public var minimum: Double?
    /// The greatest value that comes out.
    public var maximum: Double?

    /// Makes an operator; at least one bound, in order.
    public init(minimum: Double? = nil, maximum: Double? = nil) {
        self.minimum = minimum
        self.maximum = maximum
    }

    /// Reads the operator from a project; faults go to the argument's diagnostics.
    public init(_ argument: OperatorArgument) {
        var fields = argument.fields()
        minimum = fields.number("min")
        maximum = fields.number("max")
        fields.finish()
        if minimum == nil, maximum == nil {
            argument.report("needs 'min', 'max' or both", hint: "write 'clip: {min: 0, max: 100}'")
        }
        if let minimum, let maximum, minimum > maximum { argument.report("has a 'min' above its 'max'") }
    }

    /// What comes out if `input` goes in.
    ///
    /// - Throws: `invalidConfiguration` if the operator has no meaning for such values.
    public func output(of input: FeatureKind) throws -> FeatureKind {
        guard input.isNumeric else { throw OperatorFault.kind("clip", wants: "numbers", found: input) }
        return .real
    }

    /// Turns values into values, one for one.
    ///
    /// - Throws: `invalidData` if the operator should have been fitted and was not, or a value cannot be read.
    /// - Complexity: O(values)
    public func apply(_ column: FeatureColumn, rows: FeatureRows) throws -> FeatureColumn {
        let (low, high) = (minimum ?? -.infinity, maximum ?? .infinity)
        return column.with(.real(column.reals.map { $0 < low ? low : $0 > high ? high : $0 }))
    }
}
