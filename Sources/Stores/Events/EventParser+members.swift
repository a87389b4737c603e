import Core

extension EventParser {
    /// `'events[3].kind'`, `'kind'`, `'events[3]'` or `the event`, as messages name a place.
    func place(_ index: Int?, _ member: String? = nil) -> String {
        switch (index, member) {
        case (let index?, let member?): "'events[\(index)].\(member)'"
        case (let index?, nil): "'events[\(index)]'"
        case (nil, let member?): "'\(member)'"
        case (nil, nil): "the event"
        }
    }

    func missing(_ member: String, _ index: Int?) -> EventFault {
        EventFault(
            .invalid, index: index, "\(place(index, member)) is missing",
            hint: #"send {"kind": "view", "user": "ID", "item": "ID"}"#)
    }

    func unknown(_ name: String, _ index: Int?) -> EventFault {
        EventFault(
            .invalid, index: index, "\(place(index, String(name.prefix(40)))) is no member of an event",
            hint: nearest(to: String(name.prefix(40)), among: Self.members).map { "did you mean '\($0)'?" }
                ?? "the members are \(Self.members.joined(separator: ", "))")
    }

    /// An id: text that is not empty, not too long, and that every database can hold.
    func text(_ scanner: inout JSONScanner, _ index: Int?, _ name: String, isOptional: Bool = false) throws -> String? {
        guard scanner.peek() == UInt8(ascii: "\"") else {
            if isOptional, scanner.takeNull() { return nil }
            let kind = scanner.kind()
            throw EventFault(
                .invalid, index: index, "\(place(index, name)) must be text, found \(kind)",
                hint: kind == "a number" ? "write ids in quotes: numbers lose leading zeros" : nil)
        }
        let text = try scanner.string()
        guard !text.isEmpty else { throw EventFault(.invalid, index: index, "\(place(index, name)) is empty") }
        guard text.utf8.count <= Rules.longest else {
            throw EventFault(
                .invalid, index: index,
                "\(place(index, name)) is \(text.utf8.count) bytes long, at most \(Rules.longest) may be")
        }
        guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw EventFault(.invalid, index: index, "\(place(index, name)) holds a control character")
        }
        return text
    }

    func kind(_ scanner: inout JSONScanner, _ index: Int?) throws -> Event.Kind {
        let words = Event.Kind.allCases.map(\.rawValue)
        let rule = "\(place(index, "kind")) must be one of \(words.joined(separator: ", "))"
        guard scanner.peek() == UInt8(ascii: "\"") else {
            throw EventFault(.invalid, index: index, "\(rule), found \(scanner.kind())")
        }
        let word = try scanner.string()
        if let kind = Self.kinds[word] { return kind }
        let shown = String(word.prefix(40))
        throw EventFault(
            .invalid, index: index, "\(rule), found '\(shown)'",
            hint: nearest(to: shown, among: words).map { "did you mean '\($0)'?" })
    }

    /// A moment: RFC 3339 text, or whole microseconds since 1970.
    func time(_ scanner: inout JSONScanner, _ index: Int?) throws -> Int64? {
        let rule =
            "\(place(index, "time")) must be a moment such as \"2026-11-24T12:15:30.5Z\" or whole microseconds since 1970"
        let moment: Int64
        if scanner.peek() == UInt8(ascii: "\"") {
            let text = try scanner.string()
            guard let parsed = EventTime.parse(text.utf8) else {
                throw EventFault(
                    .invalid, index: index, "\(rule), found '\(text.prefix(40))'",
                    hint: "write a date, a time and 'Z' or an offset such as +01:00")
            }
            moment = parsed
        } else if scanner.takeNull() {
            return nil
        } else {
            guard let number = scanner.integer() else {
                let kind = scanner.kind()
                throw EventFault(
                    .invalid, index: index, "\(rule), found \(kind == "a number" ? "another number" : kind)")
            }
            moment = number
        }
        // Subtractions that cannot overflow: a number may be any of 64 bits.
        let (age, overflows) = now.subtractingReportingOverflow(moment)
        let isAhead = overflows ? moment > 0 : age < -rules.ahead
        if isAhead {
            throw EventFault(
                .invalid, index: index,
                "\(place(index, "time")) lies in the future: \(shown(moment)), and it is \(EventTime.text(now)) here",
                hint: "set the clock of the machine that sent it, or leave 'time' out")
        }
        guard !overflows, age <= rules.behind else {
            throw EventFault(
                .invalid, index: index,
                "\(place(index, "time")) lies more than \(rules.behind / 1_000_000) s back: \(shown(moment))",
                hint: unitHint(moment) ?? "history is loaded from files: see 'sources' in martlet.yml")
        }
        return moment
    }

    private func shown(_ moment: Int64) -> String {
        (-62_167_219_200_000_000..<253_402_300_800_000_000).contains(moment) ? EventTime.text(moment) : "\(moment)"
    }

    /// Seconds and milliseconds taken for microseconds land in 1970.
    private func unitHint(_ moment: Int64) -> String? {
        for (name, factor) in [("seconds", Int64(1_000_000)), ("milliseconds", 1000)] {
            let (scaled, overflows) = moment.multipliedReportingOverflow(by: factor)
            if !overflows, abs(now - scaled) <= rules.behind {
                return "these look like \(name): send microseconds, or RFC 3339 text"
            }
        }
        return nil
    }
}
