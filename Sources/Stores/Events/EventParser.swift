import Core

/// Reads what a shop posts: one event, or `{"events": [ … ]}`.
///
/// An event is `{"kind": "view", "user": "u1", "item": "i1"}`, where wanted with `id`, `time` and `request`. Nothing is
/// guessed: a member that is unknown, stands twice or has the wrong type is a fault, and one faulty event refuses the
/// whole list, so that a shop knows what was taken.
package struct EventParser {
    /// What is let in.
    package struct Rules: Sendable {
        /// The most events of one list.
        package var most = 1000
        /// How far ahead of this machine's clock an event may be, in microseconds.
        package var ahead: Int64 = 300_000_000
        /// How old an event may be, in microseconds.
        package var behind: Int64 = 30 * 86_400_000_000
        /// The longest id in bytes of UTF-8.
        package static let longest = 256

        /// Makes the default rules.
        package init() {}
    }

    /// What was posted.
    package struct Posted {
        /// The events, in order; ids and times that were not given are filled in.
        package var events: [Event] = []
        /// Whether they came as a list.
        package var isList = false
    }

    static let members = ["id", "kind", "user", "item", "time", "request"]
    static let kinds = Dictionary(uniqueKeysWithValues: Event.Kind.allCases.map { ($0.rawValue, $0) })

    let rules: Rules
    /// The time of events that do not say theirs, in microseconds since 1970.
    let now: Int64

    /// Makes a parser; `now` is the time of events that do not say theirs, in microseconds since 1970.
    package init(rules: Rules, now: Int64) {
        self.rules = rules
        self.now = now
    }

    /// Reads a body.
    ///
    /// - Throws: the first fault.
    /// - Complexity: O(bytes), some nanoseconds a byte in a release build.
    package func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws(EventFault) -> Posted {
        var scanner = JSONScanner(bytes)
        do {
            let posted = try body(&scanner)
            guard scanner.peek() == nil else { throw scanner.fault("something follows the object") }
            return posted
        } catch let fault as EventFault {
            throw fault
        } catch {
            let fault = error as? JSONScanner.Fault
            throw EventFault(
                .malformed,
                "the body is not valid JSON: \(fault?.message ?? "\(error)") at byte \(fault?.position ?? 0)")
        }
    }

    private func body(_ scanner: inout JSONScanner) throws -> Posted {
        guard scanner.peek() != nil else { throw EventFault(.malformed, "the body is empty") }
        guard scanner.peek() == UInt8(ascii: "{") else {
            throw EventFault(.malformed, "the body must be an object, found \(scanner.kind())")
        }
        var probe = scanner
        try probe.expect("{")
        guard probe.peek() == UInt8(ascii: "\""), try probe.string() == "events" else {
            return Posted(events: [try event(&scanner, index: nil)])
        }
        scanner = probe
        try scanner.expect(":")
        let events = try list(&scanner)
        if scanner.take(",") {
            throw EventFault(.malformed, "beside 'events' the body may hold nothing, found '\(try scanner.string())'")
        }
        try scanner.expect("}")
        return Posted(events: events, isList: true)
    }

    private func list(_ scanner: inout JSONScanner) throws -> [Event] {
        guard scanner.take("[") else {
            throw EventFault(.malformed, "'events' must be a list of events, found \(scanner.kind())")
        }
        var events: [Event] = []
        if scanner.take("]") { throw EventFault(.malformed, "'events' is empty") }
        repeat {
            guard events.count < rules.most else {
                throw EventFault(
                    .tooMany, "the body holds more than \(rules.most) events", hint: "split them over several requests")
            }
            events.append(try event(&scanner, index: events.count))
        } while scanner.take(",")
        try scanner.expect("]")
        return events
    }

    private func event(_ scanner: inout JSONScanner, index: Int?) throws -> Event {
        guard scanner.take("{") else {
            throw EventFault(.invalid, index: index, "\(place(index)) must be an object, found \(scanner.kind())")
        }
        var id: String?
        var kind: Event.Kind?
        var user: String?
        var item: String?
        var time: Int64?
        var request: String?
        var seen = 0
        if !scanner.take("}") {
            repeat {
                let name = try scanner.string()
                guard let member = Self.members.firstIndex(of: name) else { throw unknown(name, index) }
                guard seen & 1 << member == 0 else {
                    throw EventFault(.invalid, index: index, "\(place(index, name)) stands twice")
                }
                seen |= 1 << member
                try scanner.expect(":")
                switch member {
                case 0: id = try text(&scanner, index, name, isOptional: true)
                case 1: kind = try self.kind(&scanner, index)
                case 2: user = try text(&scanner, index, name)
                case 3: item = try text(&scanner, index, name)
                case 4: time = try self.time(&scanner, index)
                default: request = try text(&scanner, index, name, isOptional: true)
                }
            } while scanner.take(",")
            try scanner.expect("}")
        }
        guard let kind else { throw missing("kind", index) }
        guard let user else { throw missing("user", index) }
        guard let item else { throw missing("item", index) }
        return Event(
            id: id ?? EventID.make(at: now), kind: kind, user: user, item: item, time: time ?? now, request: request)
    }
}
