import Core

/// What tells one entity from all others: join keys and their values, as Feast serializes them (version 3).
///
/// The bytes, integers little-endian:
///
///     u32 number of join keys
///     for each join key, by name:  u32 2, u32 length, the name
///     for each, in that order:     u32 type, u32 length, the value
///
/// A store of several projects puts the project's name behind them.
public struct EntityKey: Sendable, Hashable {
    /// Names and values, by name.
    public let parts: [(name: String, value: FeatureValue)]

    /// Makes a key; the order of the parts does not matter.
    ///
    /// - Throws: `invalidData` for a value whose type Feast has no key of: a number with a fraction, a truth value, a
    ///   list, null.
    public init(_ parts: [(name: String, value: FeatureValue)]) throws(MartletError) {
        for part in parts where part.value.type?.canBeKey != true {
            throw MartletError(
                .invalidData,
                "join key '\(part.name)' is \(part.value.type.map { "a \($0.rawValue)" } ?? "null")",
                hint: "keys are bytes, string, int32, int64 or unix_timestamp")
        }
        // Feast sorts by the names' code points, which is the order of their UTF-8 bytes.
        self.parts = parts.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// The key's bytes, the project's name behind them.
    public func serialized(project: String) -> [UInt8] {
        var bytes = Self.header(parts.map(\.name))
        for part in parts { Self.append(part.value, to: &bytes) }
        bytes.append(contentsOf: project.utf8)
        return bytes
    }

    /// What the keys of all entities with these join keys begin with; `names` must be sorted.
    static func header(_ names: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        append(UInt32(names.count), to: &bytes)
        for name in names {
            append(FeatureType.string.number, to: &bytes)
            append(UInt32(name.utf8.count), to: &bytes)
            bytes.append(contentsOf: name.utf8)
        }
        return bytes
    }

    /// Appends one value; `value` must be of a type that ``FeatureType/canBeKey``.
    static func append(_ value: FeatureValue, to bytes: inout [UInt8]) {
        append(value.type?.number ?? 0, to: &bytes)
        switch value {
        case .bytes(let content):
            append(UInt32(content.count), to: &bytes)
            bytes.append(contentsOf: content)
        case .string(let text):
            append(UInt32(text.utf8.count), to: &bytes)
            bytes.append(contentsOf: text.utf8)
        case .int32(let number):
            append(4, to: &bytes)
            append(UInt32(bitPattern: number), to: &bytes)
        case .int64(let number), .unixTimestamp(let number):
            append(8, to: &bytes)
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        default: preconditionFailure("a key of type \(value.type?.rawValue ?? "null")")
        }
    }

    /// The value in the key of an entity with one join key; nil if `key` is none of this project's with it.
    static func value(of key: [UInt8], joinKey: String, project: String) -> FeatureValue? {
        let header = header([joinKey])
        guard key.count >= header.count + 8, key.starts(with: header) else { return nil }
        return key.withUnsafeBytes { bytes in
            func number(at place: Int) -> UInt32 {
                UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
            }
            let (type, length) = (number(at: header.count), Int(number(at: header.count + 4)))
            let begin = header.count + 8
            guard begin + length <= bytes.count, bytes[(begin + length)...].elementsEqual(project.utf8) else {
                return nil
            }
            let content = bytes[begin..<begin + length]
            switch FeatureType(number: Int(type)) {
            case .bytes: return .bytes(Array(content))
            case .string: return .string(String(decoding: content, as: UTF8.self))
            case .int32 where length == 4: return .int32(Int32(bitPattern: number(at: begin)))
            case .int64 where length == 8:
                return .int64(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: begin, as: Int64.self)))
            case .unixTimestamp where length == 8:
                return .unixTimestamp(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: begin, as: Int64.self)))
            default: return nil
            }
        }
    }

    private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Whether two keys are of the same entity.
    public static func == (left: EntityKey, right: EntityKey) -> Bool {
        left.parts.elementsEqual(right.parts) { $0.name == $1.name && $0.value == $1.value }
    }

    /// Feeds names and values.
    public func hash(into hasher: inout Hasher) {
        for part in parts {
            hasher.combine(part.name)
            hasher.combine(part.value)
        }
    }
}
