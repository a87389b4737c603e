import Core

/// What a feature's values are on their way through the operators.
public enum FeatureKind: String, Codable, Sendable {
    /// UTF-8 text.
    case text
    /// Real numbers; NaN and infinities are nulls.
    case real
    /// Whole numbers; truth values are 0 and 1.
    case integer
    /// Moments, in microseconds since 1970-01-01T00:00:00Z.
    case moment
    /// Codes of categories, in `0 ..< cardinality`; never null.
    case code

    /// The kind of a table's column.
    public init(_ type: ElementType) {
        switch type {
        case .bool, .int32, .int64: self = .integer
        case .float32, .float64: self = .real
        case .string: self = .text
        case .timestamp: self = .moment
        }
    }

    /// How an error message calls such values.
    var words: String {
        switch self {
        case .text: "text"
        case .real: "numbers"
        case .integer: "whole numbers"
        case .moment: "timestamps"
        case .code: "category codes"
        }
    }
}
