/// A named array of numbers as a safetensors file holds it.
package struct StoredTensor: Sendable, Equatable {
    /// The element types that Martlet writes and reads.
    package enum Values: Sendable, Equatable {
        /// Single-precision reals, `F32`.
        case float([Float])
        /// 32-bit integers, `I32`.
        case int32([Int32])
        /// 64-bit integers, `I64`.
        case int64([Int64])

        /// The type's name in the file.
        var type: String {
            switch self {
            case .float: "F32"
            case .int32: "I32"
            case .int64: "I64"
            }
        }

        /// How many values there are.
        var count: Int {
            switch self {
            case .float(let values): values.count
            case .int32(let values): values.count
            case .int64(let values): values.count
            }
        }

        /// How many bytes a value takes.
        var width: Int { if case .int64 = self { 8 } else { 4 } }
    }

    /// The name, unique in its file.
    package var name: String
    /// The lengths of the dimensions, outermost first.
    package var shape: [Int]
    /// The values, row-major.
    package var values: Values

    /// Makes a tensor; the shape must hold as many values as there are.
    package init(_ name: String, shape: [Int], _ values: Values) {
        precondition(shape.reduce(1, *) == values.count, "\(name): \(shape) does not hold \(values.count) values")
        self.name = name
        self.shape = shape
        self.values = values
    }
}
