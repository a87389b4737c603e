import Core
import Stores
import Testing

/// Keys, fields and values against bytes read off Feast 0.67.
struct FeastCodecTests {
    static let values: [(FeatureValue, String)] = [
        (.float(0.25), "350000803e"), (.double(1.5), "29000000000000f83f"), (.int64(7), "2007"), (.int32(7), "1807"),
        (.string("ann"), "1203616e6e"), (.bool(true), "3801"), (.bool(false), "3800"),
        (.unixTimestamp(1_795_176_000), "40c0ec80d806"), (.stringList(["a", "b"]), "62060a01610a0162"),
        (.int64List([1, 2, 3]), "72050a03010203"), (.stringList([]), "6200"), (.null, ""),
        (.floatList([0, 1, 0.5]), "82010e0a0c000000000000803f0000003f"),
        (.int32(-1), "18ffffffffffffffffff01"), (.int64(.min), "2080808080808080808001"), (.string(""), "1200"),
        (.bytes([0, 255]), "0a0200ff"), (.boolList([true, false]), "8a01040a020100"),
        (.bytesList([[], [7]]), "5a050a000a0107"),
    ]

    @Test(arguments: values.indices)
    func valuesAreFeastsBytes(_ index: Int) throws {
        let (value, expected) = Self.values[index]
        #expect(hex(value.encoded) == expected)
        #expect(FeatureValue(decoding: value.encoded) == value)
    }

    @Test func momentsAreFeastsBytes() throws {
        let bytes = try unhex("08c0ec80d806108094ef3a")
        let moment = try #require(FeatureTimestamp(decoding: bytes))
        #expect(moment == FeatureTimestamp(seconds: 1_795_176_000, nanoseconds: 123_456_000))
        #expect(moment.encoded == bytes)
        #expect(FeatureTimestamp(seconds: 0).encoded.isEmpty)
        #expect(FeatureTimestamp(decoding: []) == FeatureTimestamp(seconds: 0))
        for microseconds: Int64 in [0, 1, -1, 1_600_000_000_123_456, -86_400_000_001] {
            #expect(FeatureTimestamp(microseconds: microseconds).microseconds == microseconds)
        }
    }

    @Test func keysAreFeastsBytes() throws {
        let one = try EntityKey([("user_id", .int64(1))]).serialized(project: "demo")
        #expect(hex(one) == "010000000200000007000000757365725f69640400000008000000010000000000000064656d6f")
        let two = try EntityKey([("user_id", .int64(1)), ("item_id", .string("i1"))]).serialized(project: "demo")
        let expected =
            "02000000" + "0200000007000000" + hex(bytes("item_id")) + "0200000007000000" + hex(bytes("user_id"))
            + "0200000002000000" + hex(bytes("i1")) + "0400000008000000" + "0100000000000000" + hex(bytes("demo"))
        #expect(hex(two) == expected)
        for value: FeatureValue in [.double(1), .bool(true), .null, .int64List([1])] {
            let refusal = #expect(throws: MartletError.self) { _ = try EntityKey([("k", value)]) }
            #expect(refusal?.code == .invalidData)
        }
    }

    @Test func fieldsAreMurmur3() {
        #expect(FeatureView.hash(view: "user_stats", feature: "ctr").littleEndianHex == "1be1bc12")
        #expect(FeatureView.hash(view: "ui_stats", feature: "aff").littleEndianHex == "ee09099f")
    }

    @Test func bytesThatAreNoValueAreNone() throws {
        for text in ["ff", "20", "12ff", "3500", "0000", "6203", "72050a04010203", "820103000000", "f2010100"] {
            #expect(FeatureValue(decoding: try unhex(text)) == nil, "\(text)")
        }
        // Elements one by one are as good as packed ones.
        #expect(FeatureValue(decoding: try unhex("7204" + "08010802")) == .int64List([1, 2]))
        #expect(FeatureValue(decoding: try unhex("980100")) == .null)
        var random = SplitMix(state: 7)
        for _ in 0..<20_000 {
            let noise = (0..<Int(random.next() % 24)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            _ = FeatureValue(decoding: noise)
            _ = FeatureTimestamp(decoding: noise)
        }
    }

    @Test func momentsAreReadAsTheyAreWritten() {
        for text in [
            "2026-11-24T09:30:00Z", "1970-01-01T00:00:00Z", "2024-02-29T23:59:59.123Z", "1969-12-31T23:59:59.999999Z",
            "2000-01-01T00:00:00.000000001Z",
        ] {
            #expect(FeatureTimestamp(parsing: text)?.text == text)
        }
        #expect(FeatureTimestamp(parsing: "2026-11-24 10:30:00+01:00")?.text == "2026-11-24T09:30:00Z")
        #expect(FeatureTimestamp(parsing: "2026-11-24")?.text == "2026-11-24T00:00:00Z")
        for text in ["", "2026-02-29", "2026-13-01", "2026-11-24T25:00:00", "2026-11-24T09:30:00Zx", "yesterday"] {
            #expect(FeatureTimestamp(parsing: text) == nil, "\(text)")
        }
    }

    @Test func jsonOfAnotherTypeIsRefused() throws {
        let wrong: [(JSONValue, FeatureType)] = [
            ("7", .int64), (1.5, .int64), (3_000_000_000, .int32), (true, .int64), (1, .bool), (1, .string),
            ("nan", .double), (1e39, .float), ("!", .bytes), (["a", 1], .stringList), (7, .int64List),
            (["x"], .unixTimestampList), ([nil], .int64List),
        ]
        for (json, type) in wrong {
            let refusal = #expect(throws: MartletError.self) { _ = try FeatureValue(json, as: type) }
            #expect(refusal?.code == .invalidData && refusal?.hint != nil)
        }
        #expect(try FeatureValue("NaN", as: .double).number?.isNaN == true)
        #expect(try FeatureValue("-Infinity", as: .float) == .float(-.infinity))
        #expect(try FeatureValue("2026-11-24T09:30:00Z", as: .unixTimestamp) == .unixTimestamp(1_795_512_600))
        #expect(try FeatureValue(.null, as: .floatList) == .null)
        #expect(try FeatureValue([1, 2.5], as: .floatList) == .floatList([1, 2.5]))
    }
}

extension UInt32 {
    fileprivate var littleEndianHex: String { withUnsafeBytes(of: littleEndian) { hex(Array($0)) } }
}

/// Bytes in hexadecimal digits.
func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// Hexadecimal digits as bytes.
func unhex(_ text: String) throws -> [UInt8] {
    let digits = Array(text.utf8)
    return try stride(from: 0, to: digits.count, by: 2).map {
        try #require(UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16))
    }
}

/// Random numbers that are the same every time.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
