/// Reads fields of a protobuf message, in place.
///
/// Every call looks at what is left before it reads: bytes of anyone's making cannot make it read outside of them.
struct ProtobufReader {
    private let bytes: UnsafeRawBufferPointer
    private var at = 0
    /// Whether the bytes ended in the middle of something or held what no message holds.
    private(set) var isBroken = false

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { at >= bytes.count }

    /// The number and form of the next field; nil at the end, or where ``isBroken`` says so.
    mutating func next() -> (field: Int, wire: ProtobufWire)? {
        if isAtEnd || isBroken { return nil }
        guard let tag = varint(), tag >> 3 > 0, tag >> 3 < 1 << 29, let wire = ProtobufWire(rawValue: UInt8(tag & 7))
        else {
            isBroken = true
            return nil
        }
        return (Int(tag >> 3), wire)
    }

    mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while at < bytes.count, shift < 64 {
            let byte = bytes[at]
            at += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        isBroken = true
        return nil
    }

    mutating func fixed32() -> UInt32? {
        guard at + 4 <= bytes.count else { return broken() }
        defer { at += 4 }
        return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
    }

    mutating func fixed64() -> UInt64? {
        guard at + 8 <= bytes.count else { return broken() }
        defer { at += 8 }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }

    /// A field of known length.
    mutating func content() -> UnsafeRawBufferPointer? {
        guard let length = varint() else { return nil }
        guard length <= UInt64(bytes.count - at) else { return broken() }
        defer { at += Int(length) }
        return UnsafeRawBufferPointer(rebasing: bytes[at..<at + Int(length)])
    }

    /// Passes over a field that nobody wants.
    mutating func skip(_ wire: ProtobufWire) -> Bool {
        switch wire {
        case .varint: varint() != nil
        case .fixed32: fixed32() != nil
        case .fixed64: fixed64() != nil
        case .bytes: content() != nil
        }
    }

    private mutating func broken<Value>() -> Value? {
        isBroken = true
        return nil
    }
}
