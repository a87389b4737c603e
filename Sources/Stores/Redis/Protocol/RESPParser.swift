/// Reads RESP2 and RESP3 byte by byte: a pure state machine, fed with whatever pieces the network brings.
///
/// Every byte is looked at once: a value that is not complete yet keeps its place, so a large answer that comes in a
/// thousand pieces costs no more than one that comes whole. Sizes that a server announces are held to ``Limits``
/// before any memory is taken for them. After an error the parser must be thrown away, and the connection with it.
package struct RESPParser: Sendable {
    /// What the parser refuses to hold.
    package struct Limits: Sendable {
        /// The longest line: of simple texts, errors and numbers.
        package var line = 64 << 10
        /// The longest text, in bytes. Redis itself allows 512 MB.
        package var bulk = 512 << 20
        /// The most elements of one array, set, map or push message.
        package var elements = 64 << 20
        /// The deepest nesting.
        package var depth = 64

        /// The defaults.
        package init() {}
    }

    /// What is wrong with the bytes.
    package struct Fault: Error, CustomStringConvertible {
        /// What is wrong.
        package var description: String
    }

    /// An array, map or the like whose elements are still coming.
    private struct Frame {
        enum Kind { case array, set, map, push, attribute }
        var kind: Kind
        var remaining: Int
        var elements: [RESPValue] = []
    }

    /// A text whose length is known and whose bytes are still coming.
    private struct PendingText {
        enum Kind { case bulk, error, verbatim }
        var kind: Kind
        var length: Int
    }

    /// How far an array that is to stay unparsed has come.
    struct Span {
        /// Bytes from its start that belong to it for certain.
        var length = 0
        /// Values that are still to come.
        var remaining = 1
    }

    let limits: Limits
    var bytes: [UInt8] = []
    /// Up to here all is parsed.
    var start = 0
    /// Up to here no end of a line was found.
    var scanned = 0
    private var frames: [Frame] = []
    private var pendingText: PendingText?
    /// The array that ``nextUnparsed()`` is passing over.
    var span: Span?

    private static let ok = RESPValue.simple(Array("OK".utf8))

    /// Makes a parser at the beginning of a stream.
    package init(limits: Limits = Limits()) { self.limits = limits }

    /// Takes bytes that came.
    package mutating func append(_ new: UnsafeRawBufferPointer) {
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.count < 1 << 20)
            (start, scanned) = (0, 0)
        } else if start > 1 << 16, start > bytes.count / 2 {
            bytes.removeSubrange(0..<start)
            scanned -= start
            start = 0
        }
        bytes.append(contentsOf: new)
    }

    /// Takes bytes that came.
    package mutating func append(_ new: [UInt8]) { new.withUnsafeBytes { append($0) } }

    /// The next complete value, or nil until more bytes come.
    ///
    /// - Throws: ``Fault`` if the bytes are no RESP or break a limit.
    package mutating func next() throws -> RESPValue? {
        while true {
            var value: RESPValue
            if let text = pendingText {
                guard let complete = try take(text) else { return nil }
                value = complete
            } else {
                guard let line = try takeLine() else { return nil }
                guard let complete = try read(line) else { continue }
                value = complete
            }
            // The value completes the innermost frame, perhaps, and that one the next.
            while true {
                guard var frame = frames.popLast() else { return value }
                frame.elements.append(value)
                frame.remaining -= 1
                if frame.remaining > 0 {
                    frames.append(frame)
                    break
                }
                guard let whole = Self.close(frame) else { break }
                value = whole
            }
        }
    }

    /// Whether no value is under way.
    var isBetweenValues: Bool { frames.isEmpty && pendingText == nil }

    // MARK: - Lines

    /// The next line without its end, or nil.
    private mutating func takeLine() throws -> Range<Int>? {
        let end: Int? = bytes.withUnsafeBufferPointer { bytes in
            var at = max(scanned, start)
            while at < bytes.count {
                if bytes[at] == 0x0A { return at }
                at += 1
            }
            return nil
        }
        guard let end else {
            scanned = bytes.count
            guard scanned - start <= limits.line else { throw Fault(description: "a line without an end") }
            return nil
        }
        guard end > start, bytes[end - 1] == 0x0D else { throw Fault(description: "a line that does not end in CRLF") }
        let line = start..<end - 1
        guard line.count <= limits.line else { throw Fault(description: "a line of \(line.count) bytes") }
        start = end + 1
        scanned = start
        return line
    }

    /// Reads a line; nil if it announces something that is still coming.
    private mutating func read(_ line: Range<Int>) throws -> RESPValue? {
        guard let type = line.first.map({ bytes[$0] }) else { throw Fault(description: "an empty line") }
        let body = line.dropFirst()
        switch type {
        case UInt8(ascii: "+"):
            if body.count == 2, bytes[body.lowerBound] == 0x4F, bytes[body.lowerBound + 1] == 0x4B { return Self.ok }
            return .simple(Array(bytes[body]))
        case UInt8(ascii: "-"): return .error(String(decoding: bytes[body], as: UTF8.self))
        case UInt8(ascii: ":"): return .integer(try integer(body))
        case UInt8(ascii: ","): return .double(try double(body))
        case UInt8(ascii: "#"):
            guard body.count == 1 else { throw Fault(description: "a truth value that is neither t nor f") }
            switch bytes[body.lowerBound] {
            case UInt8(ascii: "t"): return .boolean(true)
            case UInt8(ascii: "f"): return .boolean(false)
            default: throw Fault(description: "a truth value that is neither t nor f")
            }
        case UInt8(ascii: "("):
            let digits = bytes[body].first.map { $0 == 0x2D || $0 == 0x2B } == true ? body.dropFirst() : body
            guard !digits.isEmpty, bytes[digits].allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw Fault(description: "a big number that is no number")
            }
            return .bigNumber(Array(bytes[body]))
        case UInt8(ascii: "_"):
            guard body.isEmpty else { throw Fault(description: "a null with something behind it") }
            return .null
        case UInt8(ascii: "$"): return try begin(.bulk, body)
        case UInt8(ascii: "!"): return try begin(.error, body)
        case UInt8(ascii: "="): return try begin(.verbatim, body)
        case UInt8(ascii: "*"): return try begin(.array, body)
        case UInt8(ascii: "~"): return try begin(.set, body)
        case UInt8(ascii: "%"): return try begin(.map, body)
        case UInt8(ascii: ">"): return try begin(.push, body)
        case UInt8(ascii: "|"): return try begin(.attribute, body)
        default: throw Fault(description: "a value of an unknown type (byte \(type))")
        }
    }

    private func integer(_ range: Range<Int>) throws -> Int64 {
        guard let value = Int64(String(decoding: bytes[range], as: UTF8.self)) else {
            throw Fault(description: "an integer that is none")
        }
        return value
    }

    private func double(_ range: Range<Int>) throws -> Double {
        switch String(decoding: bytes[range], as: UTF8.self) {
        case "inf", "+inf": return .infinity
        case "-inf": return -.infinity
        case "nan", "-nan": return .nan
        case let text:
            guard let value = Double(text) else { throw Fault(description: "a real number that is none") }
            return value
        }
    }

    // MARK: - Texts of known length

    private mutating func begin(_ kind: PendingText.Kind, _ body: Range<Int>) throws -> RESPValue? {
        let length = try integer(body)
        if length == -1, kind == .bulk { return .null }
        guard (0...Int64(limits.bulk)).contains(length) else { throw Fault(description: "a text of \(length) bytes") }
        pendingText = PendingText(kind: kind, length: Int(length))
        return nil
    }

    private mutating func take(_ text: PendingText) throws -> RESPValue? {
        let end = start + text.length
        guard bytes.count >= end + 2 else { return nil }
        guard bytes[end] == 0x0D, bytes[end + 1] == 0x0A else {
            throw Fault(description: "a text that is longer than announced")
        }
        let content = start..<end
        start = end + 2
        scanned = start
        pendingText = nil
        switch text.kind {
        case .bulk: return .bulk(Array(bytes[content]))
        case .error: return .error(String(decoding: bytes[content], as: UTF8.self))
        case .verbatim:
            guard content.count >= 4, bytes[content.lowerBound + 3] == UInt8(ascii: ":") else {
                throw Fault(description: "a verbatim text without a format")
            }
            return .verbatim(Array(bytes[content.dropFirst(4)]))
        }
    }

    // MARK: - Frames

    private mutating func begin(_ kind: Frame.Kind, _ body: Range<Int>) throws -> RESPValue? {
        let count = try integer(body)
        if count == -1, kind == .array { return .null }
        guard (0...Int64(limits.elements)).contains(count) else { throw Fault(description: "\(count) elements") }
        let remaining = kind == .map || kind == .attribute ? 2 * Int(count) : Int(count)
        if remaining == 0 { return Self.close(Frame(kind: kind, remaining: 0)) }
        guard frames.count < limits.depth else { throw Fault(description: "values nested too deeply") }
        var frame = Frame(kind: kind, remaining: remaining)
        // What a server announces is not what it sends: room for a thousand at first.
        frame.elements.reserveCapacity(min(remaining, 1024))
        frames.append(frame)
        return nil
    }

    /// The value of a complete frame; nil for attributes, which tell something about the value behind them.
    private static func close(_ frame: Frame) -> RESPValue? {
        switch frame.kind {
        case .array: .array(frame.elements)
        case .set: .set(frame.elements)
        case .map: .map(frame.elements)
        case .push: .push(frame.elements)
        case .attribute: nil
        }
    }
}
