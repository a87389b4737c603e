import Core

/// One answer on a line of its own, its checksum last, as ``EventLine`` has it of events.
///
/// ```json
/// {"id":"…","time":"2026-11-24T12:15:30.123456Z","request":"r1","user":"u1","version":3,"variants":{"diversity":"mixed"},
///  "items":[{"item":"i9","score":0.7,"propensity":0.25}],
///  "shadows":[{"experiment":"new","seconds":0.004,"items":["i2"],"propensities":[0.1]}],"xxh64":"00f1…"}
/// ```
enum AnswerLine {
    /// Appends an answer with the line's end.
    static func append(_ answer: LoggedAnswer, to lines: inout [UInt8]) {
        let start = lines.count
        EventLine.put("{\"id\":", to: &lines)
        EventLine.quote(answer.id, to: &lines)
        EventLine.put(",\"time\":\"", to: &lines)
        EventTime.write(answer.time, to: &lines)
        EventLine.put("\",\"request\":", to: &lines)
        EventLine.quote(answer.request, to: &lines)
        EventLine.put(",\"user\":", to: &lines)
        EventLine.quote(answer.user, to: &lines)
        put(",\"version\":\(answer.version)", to: &lines)
        if !answer.variants.isEmpty {
            let variants = JSONValue.object(answer.variants.mapValues { .string($0) })
            put(",\"variants\":\(variants.description)", to: &lines)
        }
        if answer.isSpecial { EventLine.put(",\"special\":true", to: &lines) }
        if !answer.skipped.isEmpty {
            EventLine.put(",\"skipped\":[", to: &lines)
            list(answer.skipped, to: &lines)
        }
        if !answer.context.isEmpty {
            EventLine.put(",\"context\":[", to: &lines)
            list(answer.context, to: &lines)
        }
        EventLine.put(",\"items\":[", to: &lines)
        for (place, item) in answer.items.enumerated() {
            EventLine.put(place > 0 ? ",{\"item\":" : "{\"item\":", to: &lines)
            EventLine.quote(item.item, to: &lines)
            put(",\"score\":\(item.score.isFinite ? "\(item.score)" : "null")", to: &lines)
            if let propensity = item.propensity { put(",\"propensity\":\(propensity)", to: &lines) }
            if let team = item.team {
                EventLine.put(",\"team\":", to: &lines)
                EventLine.quote(team, to: &lines)
            }
            EventLine.put("}", to: &lines)
        }
        EventLine.put("]", to: &lines)
        if !answer.shadows.isEmpty { append(answer.shadows, to: &lines) }
        EventLine.seal(&lines, from: start)
    }

    private static func append(_ shadows: [LoggedAnswer.Shadow], to lines: inout [UInt8]) {
        EventLine.put(",\"shadows\":[", to: &lines)
        for (place, shadow) in shadows.enumerated() {
            EventLine.put(place > 0 ? ",{\"experiment\":" : "{\"experiment\":", to: &lines)
            EventLine.quote(shadow.experiment, to: &lines)
            put(",\"seconds\":\(shadow.seconds)", to: &lines)
            EventLine.put(",\"items\":[", to: &lines)
            list(shadow.items, to: &lines)
            if let propensities = shadow.propensities {
                put(",\"propensities\":[\(propensities.map { "\($0)" }.joined(separator: ","))]", to: &lines)
            }
            EventLine.put("}", to: &lines)
        }
        EventLine.put("]", to: &lines)
    }

    private static func list(_ texts: [String], to lines: inout [UInt8]) {
        for (place, text) in texts.enumerated() {
            if place > 0 { EventLine.put(",", to: &lines) }
            EventLine.quote(text, to: &lines)
        }
        EventLine.put("]", to: &lines)
    }

    private static func put(_ text: String, to lines: inout [UInt8]) { lines.append(contentsOf: text.utf8) }

    /// Reads a line, without its end; nil if it is no answer or its checksum is another.
    static func parse(_ line: UnsafeBufferPointer<UInt8>) -> LoggedAnswer? {
        guard let body = EventLine.sealed(line) else { return nil }
        return try? answer(body)
    }

    private static func answer(_ bytes: UnsafeBufferPointer<UInt8>) throws -> LoggedAnswer? {
        var scanner = JSONScanner(bytes)
        guard scanner.take(literal: "{\"id\":") else { return nil }
        let id = try scanner.string()
        guard scanner.take(literal: ",\"time\":"), let time = EventTime.parse(try scanner.string().utf8),
            scanner.take(literal: ",\"request\":")
        else { return nil }
        let request = try scanner.string()
        guard scanner.take(literal: ",\"user\":") else { return nil }
        let user = try scanner.string()
        guard scanner.take(literal: ",\"version\":"), let version = scanner.integer() else { return nil }
        var answer = LoggedAnswer(id: id, request: request, user: user, time: time, version: Int(version), items: [])
        if scanner.take(literal: ",\"variants\":") {
            try members(&scanner) { scanner, name in answer.variants[name] = try scanner.string() }
        }
        answer.isSpecial = scanner.take(literal: ",\"special\":true")
        if scanner.take(literal: ",\"skipped\":") { answer.skipped = try list(&scanner) { try $0.string() } }
        if scanner.take(literal: ",\"context\":") { answer.context = try list(&scanner) { try $0.string() } }
        guard scanner.take(literal: ",\"items\":") else { return nil }
        answer.items = try list(&scanner) { scanner in
            var item = LoggedAnswer.Item(item: "", score: .nan)
            try members(&scanner) { scanner, name in
                switch name {
                case "item": item.item = try scanner.string()
                case "score": item.score = scanner.takeNull() ? .nan : Float(try number(&scanner))
                case "propensity": item.propensity = try number(&scanner)
                default: item.team = try scanner.string()
                }
            }
            return item
        }
        if scanner.take(literal: ",\"shadows\":") { answer.shadows = try list(&scanner, shadow) }
        return scanner.position == bytes.count ? answer : nil
    }

    private static func shadow(_ scanner: inout JSONScanner) throws -> LoggedAnswer.Shadow {
        var shadow = LoggedAnswer.Shadow(experiment: "", items: [], propensities: nil, seconds: 0)
        try members(&scanner) { scanner, name in
            switch name {
            case "experiment": shadow.experiment = try scanner.string()
            case "seconds": shadow.seconds = try number(&scanner)
            case "items": shadow.items = try list(&scanner) { try $0.string() }
            default: shadow.propensities = try list(&scanner, number)
            }
        }
        return shadow
    }

    private static func number(_ scanner: inout JSONScanner) throws -> Double {
        guard let value = scanner.number() else { throw scanner.fault("a number is missing") }
        return value
    }

    private static func members(
        _ scanner: inout JSONScanner, _ read: (inout JSONScanner, String) throws -> Void
    ) throws {
        try scanner.expect("{")
        if scanner.take("}") { return }
        repeat {
            let name = try scanner.string()
            try scanner.expect(":")
            try read(&scanner, name)
        } while scanner.take(",")
        try scanner.expect("}")
    }

    private static func list<Element>(
        _ scanner: inout JSONScanner, _ read: (inout JSONScanner) throws -> Element
    ) throws -> [Element] {
        try scanner.expect("[")
        var found: [Element] = []
        if scanner.take("]") { return found }
        repeat { found.append(try read(&scanner)) } while scanner.take(",")
        try scanner.expect("]")
        return found
    }
}

extension EventSegment {
    /// Reads the answers whose lines lie whole in the file, as ``read(from:limit:_:)`` reads events.
    ///
    /// - Complexity: O(bytes), some ten nanoseconds each
    public func readAnswers(
        from offset: Int = 0, limit: Int = .max, _ body: (LoggedAnswer) throws -> Void
    ) throws -> Reading {
        try read(from: offset, limit: limit, parse: AnswerLine.parse, body)
    }
}
