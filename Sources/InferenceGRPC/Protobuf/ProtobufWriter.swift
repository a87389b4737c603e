/// Puts a message together in protocol buffers' wire format. Fields that have their default are left out.
package struct ProtobufWriter {
    package private(set) var bytes: [UInt8] = []

    /// Begins an empty message.
    package init() {}

    /// A truth value.
    package mutating func write(_ field: Int, _ value: Bool) { if value { write(field, 1) } }

    /// A whole number.
    package mutating func write(_ field: Int, _ value: Int) {
        guard value != 0 else { return }
        varint(UInt64(field) << 3)
        varint(UInt64(bitPattern: Int64(value)))
    }

    /// A text.
    package mutating func write(_ field: Int, _ value: String) {
        guard !value.isEmpty else { return }
        writeElement(field, Array(value.utf8))
    }

    /// A text or bytes of a repeated field, which are not left out where they are empty.
    package mutating func writeElement(_ field: Int, _ value: [UInt8]) {
        varint(UInt64(field) << 3 | 2)
        varint(UInt64(value.count))
        bytes += value
    }

    /// Whole numbers of a repeated field.
    package mutating func write(_ field: Int, packed values: [Int]) {
        guard !values.isEmpty else { return }
        var packed = ProtobufWriter()
        for value in values { packed.varint(UInt64(bitPattern: Int64(value))) }
        writeElement(field, packed.bytes)
    }

    /// A message inside the message.
    package mutating func write(_ field: Int, _ fill: (inout ProtobufWriter) -> Void) {
        var inner = ProtobufWriter()
        fill(&inner)
        writeElement(field, inner.bytes)
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
