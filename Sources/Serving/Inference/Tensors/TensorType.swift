/// The types of a tensor's elements, by the names that the Open Inference Protocol gives them.
package enum TensorType: String, Sendable, CaseIterable {
    case bool = "BOOL"
    case uint8 = "UINT8"
    case uint16 = "UINT16"
    case uint32 = "UINT32"
    case uint64 = "UINT64"
    case int8 = "INT8"
    case int16 = "INT16"
    case int32 = "INT32"
    case int64 = "INT64"
    case fp16 = "FP16"
    case fp32 = "FP32"
    case fp64 = "FP64"
    case bytes = "BYTES"
    case bf16 = "BF16"

    /// The types of whole numbers.
    package static let integers: Set<TensorType> = [.uint8, .uint16, .uint32, .uint64, .int8, .int16, .int32, .int64]

    /// How many bytes an element takes in binary form; nil for texts, which tell their lengths.
    package var width: Int? {
        switch self {
        case .bool, .uint8, .int8: 1
        case .uint16, .int16, .fp16, .bf16: 2
        case .uint32, .int32, .fp32: 4
        case .uint64, .int64, .fp64: 8
        case .bytes: nil
        }
    }

    /// The name in a model's configuration.
    package var configurationName: String { self == .bytes ? "TYPE_STRING" : "TYPE_\(rawValue)" }

    /// The number in a model's configuration as a message: 1 for the first.
    package var configurationNumber: Int { 1 + Self.allCases.firstIndex(of: self)! }
}
