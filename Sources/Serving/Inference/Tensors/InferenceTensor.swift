/// A tensor of an answer.
package struct InferenceTensor: Sendable, Equatable {
    /// The elements in row-major order.
    package enum Contents: Sendable, Equatable {
        case integers([Int64])
        case floats([Float])
        case texts([String])

        var count: Int {
            switch self {
            case .integers(let values): values.count
            case .floats(let values): values.count
            case .texts(let values): values.count
            }
        }
    }

    package var name: String
    package var type: TensorType
    package var shape: [Int]
    package var contents: Contents

    init(_ name: String, _ type: TensorType, _ shape: [Int], _ contents: Contents) {
        precondition(shape.reduce(1, *) == contents.count, "'\(name)' has as many elements as its shape says")
        self.name = name
        self.type = type
        self.shape = shape
        self.contents = contents
    }

    /// The elements in binary form: little-endian numbers without gaps, texts after their lengths in 4 bytes.
    ///
    /// - Complexity: O(bytes)
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(contents.count * (type.width ?? 16))
        func append(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
        switch contents {
        case .integers(let values) where type == .int32: for value in values { append(Int32(value)) }
        case .integers(let values): for value in values { append(value) }
        case .floats(let values): for value in values { append(value.bitPattern) }
        case .texts(let values):
            for value in values {
                append(UInt32(value.utf8.count))
                bytes.append(contentsOf: value.utf8)
            }
        }
        return bytes
    }
}
