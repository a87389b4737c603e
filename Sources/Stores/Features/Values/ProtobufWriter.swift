/// Writes fields of a protobuf message.
///
/// Source: "Encoding", protobuf.dev.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func tag(_ field: UInt32, _ wire: ProtobufWire) { varint(UInt64(field) << 3 | UInt64(wire.rawValue)) }

    mutating func write(field: UInt32, varint value: UInt64) {
        tag(field, .varint)
        varint(value)
    }

    mutating func write(field: UInt32, bytes content: some Collection<UInt8>) {
        tag(field, .bytes)
        varint(UInt64(content.count))
        bytes.append(contentsOf: content)
    }

    mutating func fixed32(_ value: UInt32) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func fixed64(_ value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}

/// How a field lies on the wire.
enum ProtobufWire: UInt8 {
    case varint = 0
    case fixed64 = 1
    case bytes = 2
    case fixed32 = 5
}
