/// A record as the embedded stores keep it: a moment, when it is to be forgotten, and the bytes of each value.
///
/// On disk, integers little-endian:
///
/// | bytes | meaning |
/// |---|---|
/// | 1 | format, 1 |
/// | 8 | seconds of the moment |
/// | 4 | nanoseconds of the moment |
/// | 8 | seconds since 1970 from which the record is forgotten; 0: never |
/// | for each field: 4, 4, length | hash of the feature, length, the value's protobuf |
struct StoredRecord: Sendable {
    var timestamp: FeatureTimestamp
    /// Seconds since 1970 from which the record is forgotten; nil: never.
    var expires: Int64?
    var fields: [(hash: UInt32, value: [UInt8])]

    private static let headerLength = 21

    init(timestamp: FeatureTimestamp, expires: Int64?) {
        self.timestamp = timestamp
        self.expires = expires
        fields = []
    }

    /// Lays a row over the record.
    mutating func merge(_ row: OnlineRow, fields hashes: [UInt32], expires: Int64?) {
        timestamp = row.timestamp
        self.expires = expires
        for (hash, value) in zip(hashes, row.values) {
            guard let value else { continue }
            if let place = fields.firstIndex(where: { $0.hash == hash }) {
                fields[place].value = value.encoded
            } else {
                fields.append((hash, value.encoded))
            }
        }
    }

    var encoded: [UInt8] {
        var bytes: [UInt8] = [1]
        bytes.reserveCapacity(Self.headerLength + fields.reduce(0) { $0 + 8 + $1.value.count })
        func append(_ integer: some FixedWidthInteger) {
            withUnsafeBytes(of: integer.littleEndian) { bytes.append(contentsOf: $0) }
        }
        append(timestamp.seconds)
        append(timestamp.nanoseconds)
        append(expires ?? 0)
        for field in fields {
            append(field.hash)
            append(UInt32(field.value.count))
            bytes.append(contentsOf: field.value)
        }
        return bytes
    }

    /// Reads the stored form; nil if the bytes are none.
    init?(decoding bytes: UnsafeRawBufferPointer) {
        guard let header = Self.header(bytes) else { return nil }
        self.init(timestamp: header.timestamp, expires: header.expires)
        let isWhole = Self.forEachField(bytes) { fields.append(($0, Array($1))) }
        if !isWhole { return nil }
    }

    /// Reads the moment alone; nil if the bytes are no record.
    static func header(_ bytes: UnsafeRawBufferPointer) -> (timestamp: FeatureTimestamp, expires: Int64?)? {
        guard bytes.count >= headerLength, bytes[0] == 1 else { return nil }
        let seconds = Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 1, as: Int64.self))
        let nanoseconds = Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 9, as: Int32.self))
        let expires = Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 13, as: Int64.self))
        return (FeatureTimestamp(seconds: seconds, nanoseconds: nanoseconds), expires == 0 ? nil : expires)
    }

    /// Hands out every field; false if the bytes end in the middle of one.
    static func forEachField(_ bytes: UnsafeRawBufferPointer, _ body: (UInt32, UnsafeRawBufferPointer) -> Void) -> Bool
    {
        var at = headerLength
        while at < bytes.count {
            guard at + 8 <= bytes.count else { return false }
            let hash = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
            let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self)))
            guard at + 8 + length <= bytes.count else { return false }
            body(hash, UnsafeRawBufferPointer(rebasing: bytes[at + 8..<at + 8 + length]))
            at += 8 + length
        }
        return true
    }

    /// What a read gets of a stored record; nil if the bytes are none.
    ///
    /// - Parameters:
    ///   - places: for each hash the wanted feature's place.
    ///   - now: seconds since 1970; a record that is forgotten by then is as if it were not there.
    static func read(_ bytes: UnsafeRawBufferPointer, places: [UInt32: Int], count: Int, now: Int64) -> OnlineRecord? {
        guard let header = header(bytes) else { return nil }
        var record = OnlineRecord(values: Array(repeating: nil, count: count))
        if let expires = header.expires, expires <= now { return record }
        record.timestamp = header.timestamp
        let isWhole = forEachField(bytes) { hash, value in
            if let place = places[hash] { record.values[place] = FeatureValue(decoding: value) }
        }
        return isWhole ? record : nil
    }
}
