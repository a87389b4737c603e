/// A moment to the nanosecond, as `google.protobuf.Timestamp` holds it.
public struct FeatureTimestamp: Sendable, Hashable, Comparable {
    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    public var seconds: Int64
    /// Nanoseconds after them, in 0..<1,000,000,000.
    public var nanoseconds: Int32

    /// Makes a moment; see the properties.
    public init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Makes a moment of microseconds since 1970, the warehouse's unit.
    public init(microseconds: Int64) {
        var (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        if rest < 0 {
            rest += 1_000_000
            seconds -= 1
        }
        self.init(seconds: seconds, nanoseconds: Int32(rest) * 1000)
    }

    /// Microseconds since 1970, rounded down; the ends of the scale where they do not fit.
    public var microseconds: Int64 {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? (seconds < 0 ? .min : .max) : product &+ Int64(nanoseconds / 1000)
    }

    /// Seconds from an earlier moment to this one.
    public func seconds(since earlier: FeatureTimestamp) -> Double {
        Double(seconds) - Double(earlier.seconds) + Double(nanoseconds - earlier.nanoseconds) / 1e9
    }

    /// Whether one moment is before another.
    public static func < (left: FeatureTimestamp, right: FeatureTimestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}

extension FeatureTimestamp {
    /// The moment as a protobuf message: field 1 the seconds, field 2 the nanoseconds.
    package var encoded: [UInt8] {
        var writer = ProtobufWriter()
        if seconds != 0 { writer.write(field: 1, varint: UInt64(bitPattern: seconds)) }
        if nanoseconds != 0 { writer.write(field: 2, varint: UInt64(bitPattern: Int64(nanoseconds))) }
        return writer.bytes
    }

    /// Reads the message; nil if the bytes are none.
    init?(decoding bytes: UnsafeRawBufferPointer) {
        self.init(seconds: 0)
        var reader = ProtobufReader(bytes)
        while let (field, wire) = reader.next() {
            switch (field, wire) {
            case (1, .varint):
                guard let value = reader.varint() else { return nil }
                seconds = Int64(bitPattern: value)
            case (2, .varint):
                guard let value = reader.varint() else { return nil }
                nanoseconds = Int32(truncatingIfNeeded: value)
            default: guard reader.skip(wire) else { return nil }
            }
        }
        if reader.isBroken { return nil }
    }

    /// Reads the message; nil if the bytes are none.
    package init?(decoding bytes: [UInt8]) {
        guard let moment = bytes.withUnsafeBytes({ FeatureTimestamp(decoding: $0) }) else { return nil }
        self = moment
    }
}
