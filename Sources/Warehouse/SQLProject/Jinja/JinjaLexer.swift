import Core

/// Cuts a template into tokens. Whitespace control (`{%-`, `-%}`) is applied here, comments and `raw` blocks are gone.
///
/// - Complexity: O(bytes)
struct JinjaLexer {
    private let bytes: [UInt8]
    private let file: String
    private var index = 0
    private var line = 1
    private var column = 1
    private var tokens: [JinjaToken] = []
    /// Set by `-%}`: the text that follows loses its leading whitespace.
    private var stripsNextText = false

    /// Tokens of `text`; `file` is what locations call it.
    ///
    /// - Throws: `invalidConfiguration` with the place of an unclosed tag or text, or of a character that has no meaning.
    static func tokens(of text: String, file: String) throws -> [JinjaToken] {
        var lexer = JinjaLexer(text, file: file)
        try lexer.run()
        return lexer.tokens
    }

    private init(_ text: String, file: String) {
        var bytes = Array(text.utf8)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        // As Jinja does, one newline at the very end does not belong to the template.
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        self.bytes = bytes
        self.file = file
    }

    private var here: SourceLocation { SourceLocation(file: file, line: line, column: column) }

    private func at(_ text: StaticString, offset: Int = 0) -> Bool {
        let start = index + offset
        guard start + text.utf8CodeUnitCount <= bytes.count else { return false }
        return text.withUTF8Buffer { buffer in
            for position in 0..<buffer.count where bytes[start + position] != buffer[position] { return false }
            return true
        }
    }

    private mutating func advance(_ count: Int = 1) {
        for _ in 0..<count where index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
    }

    private mutating func run() throws {
        while index < bytes.count {
            if at("{{") {
                try tag(begin: .outputBegin, end: .outputEnd, closing: "}}")
            } else if at("{%") {
                if try !raw() { try tag(begin: .statementBegin, end: .statementEnd, closing: "%}") }
            } else if at("{#") {
                try comment()
            } else {
                text()
            }
        }
        tokens.append(JinjaToken(kind: .end, location: here))
    }

    // MARK: - Text and comments

    private mutating func text() {
        let (start, place) = (index, here)
        while index < bytes.count, !at("{{"), !at("{%"), !at("{#") { advance() }
        emit(text: bytes[start..<index], at: place)
    }

    private mutating func emit(text: ArraySlice<UInt8>, at start: SourceLocation) {
        var (text, place) = (text, start)
        if stripsNextText {
            while let first = text.first, Self.isSpace(first) {
                text.removeFirst()
                if first == UInt8(ascii: "\n") {
                    place.line += 1
                    place.column = 1
                } else {
                    place.column += 1
                }
            }
            stripsNextText = false
        }
        if !text.isEmpty {
            tokens.append(JinjaToken(kind: .text(String(decoding: text, as: UTF8.self)), location: place))
        }
    }

    /// `{{-`, `{%-` and `{#-` take the whitespace before them away.
    private mutating func stripLastText() {
        guard case .text(let text)? = tokens.last?.kind else { return }
        var kept = Array(text.utf8)
        while let last = kept.last, Self.isSpace(last) { kept.removeLast() }
        if kept.isEmpty {
            tokens.removeLast()
        } else {
            tokens[tokens.count - 1].kind = .text(String(decoding: kept, as: UTF8.self))
        }
    }

    private mutating func comment() throws {
        let start = here
        stripsNextText = false
        advance(2)
        if at("-") { stripLastText() }
        while index < bytes.count, !at("#}") { advance() }
        guard index < bytes.count else {
            throw MartletError(
                .invalidConfiguration, "this comment is never closed", hint: "end it with '#}'", at: start)
        }
        stripsNextText = bytes[index - 1] == UInt8(ascii: "-")
        advance(2)
    }

    /// `{% raw %}…{% endraw %}` is text, whatever stands in it. False if no such block begins here.
    private mutating func raw() throws -> Bool {
        let copy = self
        let start = here
        guard let opening = takeWordTag("raw") else {
            self = copy
            return false
        }
        stripsNextText = false
        if opening.stripsBefore { stripLastText() }
        stripsNextText = opening.stripsAfter
        let (bodyStart, bodyPlace) = (index, here)
        while index < bytes.count {
            let bodyEnd = index
            if at("{%") {
                let before = self
                if let closing = takeWordTag("endraw") {
                    emit(text: bytes[bodyStart..<bodyEnd], at: bodyPlace)
                    if closing.stripsBefore { stripLastText() }
                    stripsNextText = closing.stripsAfter
                    return true
                }
                self = before
            }
            advance()
        }
        throw MartletError(
            .invalidConfiguration, "this raw block is never closed", hint: "end it with '{% endraw %}'", at: start)
    }

    private mutating func takeWordTag(_ word: String) -> (stripsBefore: Bool, stripsAfter: Bool)? {
        advance(2)
        let stripsBefore = at("-")
        if stripsBefore || at("+") { advance() }
        skipSpace()
        let start = index
        while index < bytes.count, Self.isWord(bytes[index]) { advance() }
        guard String(decoding: bytes[start..<index], as: UTF8.self) == word else { return nil }
        skipSpace()
        let stripsAfter = at("-")
        if stripsAfter || at("+") { advance() }
        guard at("%}") else { return nil }
        advance(2)
        return (stripsBefore, stripsAfter)
    }

    // MARK: - Tags

    private mutating func tag(begin: JinjaToken.Kind, end: JinjaToken.Kind, closing: StaticString) throws {
        let start = here
        stripsNextText = false
        if at("-", offset: 2) { stripLastText() }
        tokens.append(JinjaToken(kind: begin, location: start))
        advance(2)
        if at("-") || at("+") { advance() }
        var depth = 0
        while true {
            skipSpace()
            guard index < bytes.count else {
                throw MartletError(
                    .invalidConfiguration, "this tag is never closed", hint: "end it with '\(closing)'", at: start)
            }
            let strips = at("-")
            let closes =
                strips
                ? Self.matches(bytes, index + 1, closing)
                : (at("+") ? Self.matches(bytes, index + 1, closing) : Self.matches(bytes, index, closing))
            // Inside `{ }` a `}}` ends a mapping, not the tag.
            if closes, depth == 0 {
                if strips || at("+") { advance() }
                tokens.append(JinjaToken(kind: end, location: here))
                advance(2)
                stripsNextText = strips
                return
            }
            try token(depth: &depth)
        }
    }

    private static func matches(_ bytes: [UInt8], _ index: Int, _ text: StaticString) -> Bool {
        guard index + text.utf8CodeUnitCount <= bytes.count else { return false }
        return text.withUTF8Buffer { buffer in
            for position in 0..<buffer.count where bytes[index + position] != buffer[position] { return false }
            return true
        }
    }

    private mutating func token(depth: inout Int) throws {
        let (start, place) = (index, here)
        let byte = bytes[index]
        if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
            tokens.append(JinjaToken(kind: .string(try quoted(byte, from: place)), location: place))
        } else if Self.isDigit(byte) {
            tokens.append(JinjaToken(kind: try number(), location: place))
        } else if Self.isWord(byte) {
            while index < bytes.count, Self.isWord(bytes[index]) { advance() }
            tokens.append(
                JinjaToken(kind: .name(String(decoding: bytes[start..<index], as: UTF8.self)), location: place))
        } else {
            let two: [StaticString] = ["==", "!=", "<=", ">=", "//", "**"]
            if let sign = two.first(where: { at($0) }) {
                advance(2)
                tokens.append(JinjaToken(kind: .sign("\(sign)"), location: place))
                return
            }
            let sign = Character(UnicodeScalar(byte))
            guard "()[]{},.:|~+-*/%<>=".contains(sign) else {
                throw MartletError(.invalidConfiguration, "the character '\(sign)' means nothing in a tag", at: place)
            }
            if sign == "{" { depth += 1 }
            if sign == "}" { depth = max(0, depth - 1) }
            advance()
            tokens.append(JinjaToken(kind: .sign(String(sign)), location: place))
        }
    }

    private mutating func quoted(_ quote: UInt8, from start: SourceLocation) throws -> String {
        advance()
        var content: [UInt8] = []
        while index < bytes.count, bytes[index] != quote {
            if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count {
                advance()
                switch bytes[index] {
                case UInt8(ascii: "n"): content.append(UInt8(ascii: "\n"))
                case UInt8(ascii: "t"): content.append(UInt8(ascii: "\t"))
                case UInt8(ascii: "r"): content.append(UInt8(ascii: "\r"))
                case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): content.append(bytes[index])
                default: content += [UInt8(ascii: "\\"), bytes[index]]
                }
            } else {
                content.append(bytes[index])
            }
            advance()
        }
        guard index < bytes.count else {
            throw MartletError(
                .invalidConfiguration, "this text is never closed",
                hint: "end it with \(Character(UnicodeScalar(quote)))",
                at: start)
        }
        advance()
        return String(decoding: content, as: UTF8.self)
    }

    private mutating func number() throws -> JinjaToken.Kind {
        let (start, place) = (index, here)
        while index < bytes.count, Self.isDigit(bytes[index]) || bytes[index] == UInt8(ascii: "_") { advance() }
        var isReal = false
        if index + 1 < bytes.count, bytes[index] == UInt8(ascii: "."), Self.isDigit(bytes[index + 1]) {
            isReal = true
            advance()
            while index < bytes.count, Self.isDigit(bytes[index]) { advance() }
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            let signed = index + 1 < bytes.count && [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(bytes[index + 1])
            if index + (signed ? 2 : 1) < bytes.count, Self.isDigit(bytes[index + (signed ? 2 : 1)]) {
                isReal = true
                advance(signed ? 2 : 1)
                while index < bytes.count, Self.isDigit(bytes[index]) { advance() }
            }
        }
        let digits = String(decoding: bytes[start..<index].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
        if !isReal, let value = Int(digits) { return .integer(value) }
        if let value = Double(digits) { return .real(value) }
        throw MartletError(.invalidConfiguration, "'\(digits)' is not a number", at: place)
    }

    // MARK: - Characters

    private mutating func skipSpace() {
        while index < bytes.count, Self.isSpace(bytes[index]) { advance() }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte == UInt8(ascii: "_") || byte >= 0x80 || (0x61...0x7A).contains(byte | 0x20)
    }
}
