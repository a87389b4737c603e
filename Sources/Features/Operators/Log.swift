import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// `ln(1 + x)`, for counts and prices whose large values should not drown the small ones.
///
/// Null stays null; values of −1 and less, which have no logarithm, become null.
public struct Log: FeatureOperator {
    /// The words that name the operator in a project.
    public static let names = ["log"]

    /// Makes an operator.
    public init() {}

    /// Reads the operator from a project; faults go to the argument's diagnostics.
    public init(_ argument: OperatorArgument) { argument.expectNothing() }

    /// What comes out if `input` goes in.
    ///
    /// - Throws: `invalidConfiguration` if the operator has no meaning for such values.
    public func output(of input: FeatureKind) throws -> FeatureKind {
        guard input.isNumeric else { throw OperatorFault.kind("log", wants: "numbers", found: input) }
        return .real
    }

    /// Turns values into values, one for one.
    ///
    /// - Throws: `invalidData` if the operator should have been fitted and was not, or a value cannot be read.
    /// - Complexity: O(values)
    public func apply(_ column: FeatureColumn, rows: FeatureRows) throws -> FeatureColumn {
        column.with(.real(column.reals.map { $0 > -1 ? log1p($0) : .nan }))
    }
}
