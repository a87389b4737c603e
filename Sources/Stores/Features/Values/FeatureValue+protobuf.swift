/// A value as the bytes of a `feast.types.Value`: one field, whose number is the type's.
extension FeatureValue {
    /// The bytes; none at all for null, as Feast has it.
    public var encoded: [UInt8] {
        guard let type else { return [] }
        var writer = ProtobufWriter()
        let field = type.number
        switch self {
        case .null: break
        case .bytes(let value): writer.write(field: field, bytes: value)
        case .string(let value): writer.write(field: field, bytes: value.utf8)
        case .int32(let value): writer.write(field: field, varint: UInt64(bitPattern: Int64(value)))
        case .int64(let value), .unixTimestamp(let value):
            writer.write(field: field, varint: UInt64(bitPattern: value))
        case .bool(let value): writer.write(field: field, varint: value ? 1 : 0)
        case .double(let value):
            writer.tag(field, .fixed64)
            writer.fixed64(value.bitPattern)
        case .float(let value):
            writer.tag(field, .fixed32)
            writer.fixed32(value.bitPattern)
        default: writer.write(field: field, bytes: list)
        }
        return writer.bytes
    }

    /// A list's message: field 1 repeated, packed where the elements are numbers.
    private var list: [UInt8] {
        var writer = ProtobufWriter()
        var packed = ProtobufWriter()
        switch self {
        case .bytesList(let values): for value in values { writer.write(field: 1, bytes: value) }
        case .stringList(let values): for value in values { writer.write(field: 1, bytes: value.utf8) }
        case .int32List(let values): for value in values { packed.varint(UInt64(bitPattern: Int64(value))) }
        case .int64List(let values), .unixTimestampList(let values):
            for value in values { packed.varint(UInt64(bitPattern: value)) }
        case .boolList(let values): for value in values { packed.varint(value ? 1 : 0) }
        case .doubleList(let values): for value in values { packed.fixed64(value.bitPattern) }
        case .floatList(let values): for value in values { packed.fixed32(value.bitPattern) }
        default: break
        }
        if !packed.bytes.isEmpty { writer.write(field: 1, bytes: packed.bytes) }
        return writer.bytes
    }

    /// Reads the bytes; nil if they are no value, or one of a type that Martlet does not know (a map, a set).
    public init?(decoding bytes: [UInt8]) {
        guard let value = bytes.withUnsafeBytes({ FeatureValue(decoding: $0) }) else { return nil }
        self = value
    }

    /// Reads the bytes in place; nil if they are no value, or one of a type that Martlet does not know.
    ///
    /// - Complexity: O(bytes); a number takes a few nanoseconds.
    package init?(decoding bytes: UnsafeRawBufferPointer) {
        if bytes.isEmpty {
            self = .null
            return
        }
        // Most features are single numbers, and most of them take exactly these forms.
        if bytes.count == 5, bytes[0] == 0x35 {
            let bits = bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self)
            self = .float(Float(bitPattern: UInt32(littleEndian: bits)))
            return
        }
        var reader = ProtobufReader(bytes)
        var found = FeatureValue.null
        while let (field, wire) = reader.next() {
            guard field != 19 else {
                guard wire == .varint, reader.varint() != nil else { return nil }
                found = .null
                continue
            }
            guard let type = FeatureType(number: field),
                let value = Self.scalar(type, wire, &reader) ?? Self.list(type, wire, &reader)
            else { return nil }
            found = value
        }
        if reader.isBroken { return nil }
        self = found
    }

    private static func scalar(_ type: FeatureType, _ wire: ProtobufWire, _ reader: inout ProtobufReader)
        -> FeatureValue?
    {
        switch (type, wire) {
        case (.bytes, .bytes): reader.content().map { .bytes(Array($0)) }
        case (.string, .bytes): reader.content().map { .string(String(decoding: $0, as: UTF8.self)) }
        case (.int32, .varint): reader.varint().map { .int32(Int32(truncatingIfNeeded: $0)) }
        case (.int64, .varint): reader.varint().map { .int64(Int64(bitPattern: $0)) }
        case (.unixTimestamp, .varint): reader.varint().map { .unixTimestamp(Int64(bitPattern: $0)) }
        case (.bool, .varint): reader.varint().map { .bool($0 != 0) }
        case (.double, .fixed64): reader.fixed64().map { .double(Double(bitPattern: $0)) }
        case (.float, .fixed32): reader.fixed32().map { .float(Float(bitPattern: $0)) }
        default: nil
        }
    }

    private static func list(_ type: FeatureType, _ wire: ProtobufWire, _ reader: inout ProtobufReader)
        -> FeatureValue?
    {
        guard type.isList, wire == .bytes, let content = reader.content() else { return nil }
        switch type {
        case .bytesList: return elements(content, .bytes) { $0.content().map { Array($0) } }.map { .bytesList($0) }
        case .stringList:
            return elements(content, .bytes) { $0.content().map { String(decoding: $0, as: UTF8.self) } }
                .map { .stringList($0) }
        case .int32List:
            return elements(content, .varint) { $0.varint().map { Int32(truncatingIfNeeded: $0) } }
                .map { .int32List($0) }
        case .int64List:
            return elements(content, .varint) { $0.varint().map { Int64(bitPattern: $0) } }.map { .int64List($0) }
        case .unixTimestampList:
            return elements(content, .varint) { $0.varint().map { Int64(bitPattern: $0) } }
                .map { .unixTimestampList($0) }
        case .boolList: return elements(content, .varint) { $0.varint().map { $0 != 0 } }.map { .boolList($0) }
        case .doubleList:
            return elements(content, .fixed64) { $0.fixed64().map { Double(bitPattern: $0) } }.map { .doubleList($0) }
        case .floatList:
            return elements(content, .fixed32) { $0.fixed32().map { Float(bitPattern: $0) } }.map { .floatList($0) }
        default: return nil
        }
    }

    /// The elements of field 1, packed or one by one: writers may do either.
    private static func elements<Element>(
        _ content: UnsafeRawBufferPointer, _ form: ProtobufWire, _ read: (inout ProtobufReader) -> Element?
    ) -> [Element]? {
        var reader = ProtobufReader(content)
        var elements: [Element] = []
        while let (field, wire) = reader.next() {
            guard field == 1 else {
                guard reader.skip(wire) else { return nil }
                continue
            }
            if wire == form {
                guard let element = read(&reader) else { return nil }
                elements.append(element)
            } else if wire == .bytes, form != .bytes, let packed = reader.content() {
                var inner = ProtobufReader(packed)
                while !inner.isAtEnd {
                    guard let element = read(&inner) else { return nil }
                    elements.append(element)
                }
            } else {
                return nil
            }
        }
        return reader.isBroken ? nil : elements
    }
}
