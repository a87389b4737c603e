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
    public static let names = ["log"]

    /// Makes an operator.
    public init() {}

    public init(_ argument: OperatorArgument) { argument.expectNothing() }

    public func output(of input: FeatureKind) throws -> FeatureKind {
        guard input.isNumeric else { throw OperatorFault.kind("log", wants: "numbers", found: input) }
        return .real
    }

    public func apply(_ column: FeatureColumn, rows: FeatureRows) throws -> FeatureColumn {
        column.with(.real(column.reals.map { $0 > -1 ? log1p($0) : .nan }))
    }
}
