import Stores
import Testing

@Suite struct EventParserTests {
    static let now: Int64 = 1_795_522_530_000_000

    private func parse(_ text: String) throws(EventFault) -> EventParser.Posted {
        let parser = EventParser(rules: .init(), now: Self.now)
        let result: Result<EventParser.Posted, EventFault> = Array(text.utf8).withUnsafeBufferPointer { bytes in
            Result { () throws(EventFault) in try parser.parse(bytes) }
        }
        return try result.get()
    }

    @Test func oneEventAndAListAreRead() throws {
        let one = try parse(
            " {\"kind\" : \"cart\",\n\"user\":\"Zo\\u00eb \\ud83e\\udd86\", \"item\":\"a\\/\\\"b\",\"time\":\"2026-11-24T13:15:30.25+01:00\",\"id\":\"7\",\"request\":null} "
        )
        #expect(!one.isList)
        #expect(
            one.events == [
                Event(id: "7", kind: .cart, user: "Zoë 🦆", item: "a/\"b", time: 1_795_522_530_250_000, request: nil)
            ])
        let list = try parse(
            #"{"events":[{"kind":"view","user":"u","item":"i"},{"item":"i","user":"u","kind":"click","time":1795522530000000}]}"#
        )
        #expect(list.isList && list.events.count == 2 && list.events.allSatisfy { $0.time == Self.now })
        // Version 7, variant 2.
        let pattern = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
        #expect(list.events[0].id.wholeMatch(of: pattern) != nil && list.events[0].id != list.events[1].id)
    }

    @Test(
        arguments: [
            ("2026-11-24T12:15:30Z", 1_795_522_530_000_000), ("2026-11-24 12:15:30.000001z", 1_795_522_530_000_001),
            ("2026-11-24T12:15:30.1234567890Z", 1_795_522_530_123_456), ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.5Z", -500_000), ("2024-02-29T00:00:00-05:30", 1_709_184_600_000_000),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000_000), ("2023-02-29T00:00:00Z", nil), ("2026-11-24", nil),
            ("2026-11-24T12:15:30", nil), ("2026-11-24T24:00:00Z", nil), ("2026-13-01T00:00:00Z", nil),
            ("2026-11-24T12:15:30.Z", nil), ("2026-11-24T12:15:30Zx", nil), ("", nil),
        ] as [(String, Int64?)])
    func momentsAreRead(text: String, expected: Int64?) {
        #expect(EventTime.parse(text.utf8) == expected)
        if let expected { #expect(EventTime.parse(EventTime.text(expected).utf8) == expected) }
    }

    @Test(arguments: [
        ("", "the body is empty"), ("[]", "must be an object, found a list"), ("{", "not valid JSON"),
        ("{\"kind\":\"view\",}", "'\"' is missing"), ("{\"events\":{}}", "must be a list of events, found an object"),
        ("{\"events\":[]}", "'events' is empty"), ("{\"events\":[1]}", "'events[0]' must be an object, found a number"),
        (#"{"events":[{"kind":"view","user":"u","item":"i"}],"k":1}"#, "may hold nothing, found 'k'"),
        (#"{"kind":"view","user":"u"}"#, "'item' is missing"), (#"{"user":"u","item":"i"}"#, "'kind' is missing"),
        (
            #"{"events":[{"kind":"view","user":"u","item":"i"},{"kind":"buy","user":"u","item":"i"}]}"#,
            "'events[1].kind' must be one of view, cart, purchase, impression, click, found 'buy'"
        ),
        (#"{"kind":"view","user":17,"item":"i"}"#, "'user' must be text, found a number"),
        (#"{"kind":"view","user":null,"item":"i"}"#, "'user' must be text, found null"),
        (#"{"kind":["view"],"user":"u","item":"i"}"#, "found a list"),
        (#"{"kind":"view","user":"","item":"i"}"#, "'user' is empty"),
        (#"{"kind":"view","user":"u","item":"a\u0000b"}"#, "'item' holds a control character"),
        (#"{"kind":"view","user":"u","item":"i","price":1}"#, "'price' is no member of an event"),
        (#"{"kind":"view","user":"u","user":"v","item":"i"}"#, "'user' stands twice"),
        (#"{"kind":"view","user":"u","item":"i","time":"yesterday"}"#, "found 'yesterday'"),
        (#"{"kind":"view","user":"u","item":"i","time":1795522530.5}"#, "found another number"),
        (#"{"kind":"view","user":"u","item":"i","time":1795522530}"#, "lies more than"),
        (#"{"kind":"view","user":"u","item":"i","time":9223372036854775807}"#, "lies in the future"),
        (#"{"kind":"view","user":"u","item":"i","time":-9223372036854775807}"#, "lies more than"),
        (#"{"kind":"view","user":"u","item":"i","time":99999999999999999999}"#, "found another number"),
        (#"{"kind":"view","user":"u","item":"i","time":"2026-11-24T12:25:30Z"}"#, "lies in the future"),
        (#"{"kind":"view","user":"u","item":"i","time":"2020-11-24T12:25:30Z"}"#, "lies more than 2592000 s back"),
        (#"{"kind":"view","user":"u","item":"i"} x"#, "something follows the object"),
        (#"{"kind":"view","user":"\ud83e","item":"i"}"#, "surrogate"),
        (#"{"kind":"view","user":"\x","item":"i"}"#, "unknown escape"),
        ("{\"kind\":\"view\",\"user\":\"a\nb\",\"item\":\"i\"}", "not escaped"),
        (#"{"kind":"view","user":"u"#, "does not end"),
        (#"{"kind":"view","user":"u","item":"\#(String(repeating: "i", count: 257))"}"#, "257 bytes long"),
    ])
    func aFaultIsExplained(body: String, words: String) {
        let fault = #expect(throws: EventFault.self) { try parse(body) }
        #expect(fault?.message.contains(words) == true, "\(words) is missing in \(fault?.message ?? "")")
    }

    @Test func aListHasABound() throws {
        let one = #"{"kind":"view","user":"u","item":"i"}"#
        func list(_ count: Int) -> String {
            "{\"events\":[" + Array(repeating: one, count: count).joined(separator: ",") + "]}"
        }
        #expect(try parse(list(1000)).events.count == 1000)
        let fault = #expect(throws: EventFault.self) { try parse(list(1001)) }
        #expect(fault?.kind == .tooMany && fault?.message.contains("more than 1000 events") == true)
    }

    @Test func hintsNameTheWayOut() {
        func hint(_ body: String) -> String? { #expect(throws: EventFault.self) { try parse(body) }?.hint }
        #expect(hint(#"{"kind":"veiw","user":"u","item":"i"}"#)?.contains("did you mean 'view'?") == true)
        #expect(hint(#"{"kind":"view","usr":"u","item":"i"}"#)?.contains("did you mean 'user'?") == true)
        #expect(
            hint(#"{"kind":"view","user":"u","item":"i","time":1795522530}"#)?.contains("look like seconds") == true)
        #expect(
            hint(#"{"kind":"view","user":"u","item":"i","time":1795522530000}"#)?.contains("like milliseconds") == true)
    }

    @Test func textThatIsNoUTF8IsRefused() {
        let bytes = Array(#"{"kind":"view","user":""#.utf8) + [0xC0, 0x80] + Array(#"","item":"i"}"#.utf8)
        let fault = bytes.withUnsafeBufferPointer { bytes in
            #expect(throws: EventFault.self) { try EventParser(rules: .init(), now: Self.now).parse(bytes) }
        }
        #expect(fault?.message.contains("not valid UTF-8") == true)
    }
}
