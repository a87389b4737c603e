import Serving

/// Takes a message in protocol buffers' wire format apart, field by field.
///
/// Source: "Encoding", protobuf.dev/programming-guides/encoding.
package struct ProtobufReader {
    /// What stands in a field.
    package enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes(ArraySlice<UInt8>)
    }

    private var rest: ArraySlice<UInt8>

    /// Reads a message from its first byte.
    package init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next field's number and value; nil behind the last.
    ///
    /// - Throws: an `invalid` fault if the message is cut off, or no message.
    package mutating func next() throws(InferenceFault) -> (field: Int, value: Value)? {
        if rest.isEmpty { return nil }
        let key = try varint()
        guard key >> 3 > 0, key >> 3 < 1 << 29 else { throw Self.torn }
        let value: Value
        switch key & 7 {
        case 0: value = .varint(try varint())
        case 1: value = .fixed64(try fixed(UInt64.self))
        case 2:
            let length = try varint()
            guard length <= UInt64(rest.count) else { throw Self.torn }
            value = .bytes(rest.prefix(Int(length)))
            rest = rest.dropFirst(Int(length))
        case 5: value = .fixed32(try fixed(UInt32.self))
        default: throw Self.torn
        }
        return (Int(key >> 3), value)
    }

    /// Whether nothing is left.
    var isAtEnd: Bool { rest.isEmpty }

    /// A number in as many bytes as it needs, 7 bits each.
    mutating func varint() throws(InferenceFault) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { throw Self.torn }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw Self.torn
    }

    /// A little-endian number of fixed length.
    mutating func fixed<Number: FixedWidthInteger>(_ type: Number.Type) throws(InferenceFault) -> Number {
        let size = MemoryLayout<Number>.size
        guard rest.count >= size else { throw Self.torn }
        defer { rest = rest.dropFirst(size) }
        return rest.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(as: type)) }
    }

    private static let torn = InferenceFault(
        .invalid, "the message is cut off, or no message of this call",
        hint: "build the client from Triton's grpc_service.proto")
}

extension ProtobufReader.Value {
    /// The text, if this is one.
    ///
    /// - Throws: an `invalid` fault for another type, or what is no UTF-8.
    func text() throws(InferenceFault) -> String {
        if case .bytes(let bytes) = self, let text = String(validating: bytes, as: UTF8.self) { return text }
        throw InferenceFault(.invalid, "a text of the message is none", hint: "encode texts as UTF-8")
    }

    /// The bytes, if these are some.
    func bytes() throws(InferenceFault) -> ArraySlice<UInt8> {
        if case .bytes(let bytes) = self { return bytes }
        throw InferenceFault(.invalid, "a field of the message has another type than the protocol's")
    }

    /// The truth value or whole number.
    func number() throws(InferenceFault) -> UInt64 {
        if case .varint(let number) = self { return number }
        throw InferenceFault(.invalid, "a field of the message has another type than the protocol's")
    }

    /// Appends the numbers of a repeated field, packed or one by one.
    package func append(to numbers: inout [Int64]) throws(InferenceFault) {
        guard case .bytes(let bytes) = self else {
            numbers.append(Int64(bitPattern: try number()))
            return
        }
        var packed = ProtobufReader(bytes)
        while !packed.isAtEnd { numbers.append(Int64(bitPattern: try packed.varint())) }
    }

    /// Appends the float32 numbers of a repeated field, packed or one by one.
    func append(to numbers: inout [Float]) throws(InferenceFault) {
        switch self {
        case .fixed32(let bits): numbers.append(Float(bitPattern: bits))
        case .bytes(let bytes):
            var packed = ProtobufReader(bytes)
            while !packed.isAtEnd { numbers.append(Float(bitPattern: try packed.fixed(UInt32.self))) }
        default: throw InferenceFault(.invalid, "a field of the message has another type than the protocol's")
        }
    }
}
