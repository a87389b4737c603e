/// One record of the log: a JSON object on a line of its own, its checksum last.
///
/// ```json
/// {"id":"7","kind":"cart","user":"u1","item":"i9","time":"2026-11-24T12:15:30.123456Z","request":"r1","received":"…","xxh64":"00f1…"}
/// ```
///
/// The checksum is XXH64 of the bytes before `,"xxh64"`. Ids hold no control characters, and JSON would escape them: a
/// record is one line whatever it says.
enum EventLine {
    /// `,"xxh64":"` and 16 digits and `"}`.
    private static let tail = 28

    /// Appends a record with the line's end.
    ///
    /// - Parameter received: the moment as ``EventTime/write(_:to:)`` writes it.
    static func append(_ event: Event, received: [UInt8], to lines: inout [UInt8]) {
        let start = lines.count
        put("{\"id\":", to: &lines)
        quote(event.id, to: &lines)
        put(",\"kind\":\"", to: &lines)
        lines.append(contentsOf: event.kind.rawValue.utf8)
        put("\",\"user\":", to: &lines)
        quote(event.user, to: &lines)
        put(",\"item\":", to: &lines)
        quote(event.item, to: &lines)
        put(",\"time\":\"", to: &lines)
        EventTime.write(event.time, to: &lines)
        if let request = event.request {
            put("\",\"request\":", to: &lines)
            quote(request, to: &lines)
            put(",\"received\":\"", to: &lines)
        } else {
            put("\",\"received\":\"", to: &lines)
        }
        lines.append(contentsOf: received)
        put("\"", to: &lines)
        seal(&lines, from: start)
    }

    /// Ends the object that begins at `start` and is open still: its checksum, and the line's end.
    static func seal(_ lines: inout [UInt8], from start: Int) {
        let checksum = lines.withUnsafeBytes { XXHash64.hash(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        put(",\"xxh64\":\"", to: &lines)
        for shift in stride(from: 60, through: 0, by: -4) { lines.append(digit(UInt8(checksum >> UInt64(shift) & 15))) }
        put("\"}\n", to: &lines)
    }

    /// Reads a line, without its end; nil if it is no record or its checksum is another.
    static func parse(_ line: UnsafeBufferPointer<UInt8>) -> EventRecord? {
        guard let bytes = sealed(line) else { return nil }
        return try? record(bytes)
    }

    /// What stands before a line's checksum; nil if that is another.
    static func sealed(_ line: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
        let body = line.count - tail
        guard body > 0 else { return nil }
        var foot = JSONScanner(UnsafeBufferPointer(rebasing: line[body...]))
        guard foot.take(literal: ",\"xxh64\":\"") else { return nil }
        var checksum: UInt64 = 0
        for byte in line[(body + 10)..<(body + 26)] {
            guard let value = value(byte) else { return nil }
            checksum = checksum << 4 | UInt64(value)
        }
        let bytes = UnsafeBufferPointer(rebasing: line[..<body])
        guard line[body + 26] == UInt8(ascii: "\""), line[body + 27] == UInt8(ascii: "}"),
            XXHash64.hash(UnsafeRawBufferPointer(bytes)) == checksum
        else { return nil }
        return bytes
    }

    private static func record(_ bytes: UnsafeBufferPointer<UInt8>) throws -> EventRecord? {
        var scanner = JSONScanner(bytes)
        guard scanner.take(literal: "{\"id\":") else { return nil }
        let id = try scanner.string()
        guard scanner.take(literal: ",\"kind\":"), let kind = EventParser.kinds[try scanner.string()],
            scanner.take(literal: ",\"user\":")
        else { return nil }
        let user = try scanner.string()
        guard scanner.take(literal: ",\"item\":") else { return nil }
        let item = try scanner.string()
        guard scanner.take(literal: ",\"time\":"), let time = EventTime.parse(try scanner.string().utf8)
        else { return nil }
        var request: String?
        if scanner.take(literal: ",\"request\":") { request = try scanner.string() }
        guard scanner.take(literal: ",\"received\":"), let received = EventTime.parse(try scanner.string().utf8),
            scanner.position == bytes.count
        else { return nil }
        return EventRecord(
            event: Event(id: id, kind: kind, user: user, item: item, time: time, request: request), received: received)
    }

    static func put(_ text: StaticString, to lines: inout [UInt8]) {
        lines.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    static func quote(_ text: String, to lines: inout [UInt8]) {
        lines.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { bytes in
            let isPlain = !bytes.contains { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
            if isPlain { return lines.append(contentsOf: bytes) }
            for byte in bytes {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"): lines.append(contentsOf: [UInt8(ascii: "\\"), byte])
                case 0..<0x20:
                    put("\\u00", to: &lines)
                    lines.append(contentsOf: [digit(byte >> 4), digit(byte & 15)])
                default: lines.append(byte)
                }
            }
        }
        lines.append(UInt8(ascii: "\""))
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
