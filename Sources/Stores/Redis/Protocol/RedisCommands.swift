import NIOCore

/// Commands in the form in which they go over the wire, and how many answers they ask for.
struct RedisCommands: Sendable {
    private(set) var buffer = ByteBuffer()
    private(set) var count = 0
    /// Whether arrays that answer these commands are wanted as bytes; see ``RESPParser/nextUnparsed()``.
    var keepsArrays = false

    init() {}

    /// One command of texts.
    init(_ words: String...) { append(words.map { Array($0.utf8) }) }

    /// One command of bytes.
    init(_ words: [[UInt8]]) { append(words) }

    /// How many bytes the commands take.
    var byteCount: Int { buffer.readableBytes }

    mutating func append(_ words: [[UInt8]]) {
        begin(words: words.count)
        for word in words { word.withUnsafeBytes { append($0) } }
    }

    mutating func append(_ words: String...) { append(words.map { Array($0.utf8) }) }

    /// `SET prefix+key value`, without an allocation.
    mutating func appendSet(prefix: [UInt8], key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        count += 1
        buffer.writeStaticString("*3\r\n$3\r\nSET\r\n")
        appendKey(prefix: prefix, key: key)
        append(value)
    }

    /// `NAME prefix+key`, for commands of one key.
    mutating func append(_ name: StaticString, prefix: [UInt8], key: [UInt8]) {
        begin(words: 2)
        append(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        key.withUnsafeBytes { appendKey(prefix: prefix, key: $0) }
    }

    /// `HMGET key fields`, where `tail` is the fields as they go over the wire, the same for many keys.
    mutating func appendHashRead(key: [UInt8], fields: Int, tail: ByteBuffer) {
        begin(words: 2 + fields)
        buffer.writeStaticString("$5\r\nHMGET\r\n")
        key.withUnsafeBytes { append($0) }
        buffer.writeImmutableBuffer(tail)
    }

    /// Words as they go over the wire.
    static func words(_ words: [[UInt8]]) -> ByteBuffer {
        var commands = RedisCommands()
        for word in words { word.withUnsafeBytes { commands.append($0) } }
        return commands.buffer
    }

    private mutating func begin(words: Int) {
        count += 1
        buffer.writeInteger(UInt8(ascii: "*"))
        writeNumber(words)
    }

    private mutating func append(_ word: UnsafeRawBufferPointer) {
        buffer.writeInteger(UInt8(ascii: "$"))
        writeNumber(word.count)
        buffer.writeBytes(word)
        buffer.writeStaticString("\r\n")
    }

    private mutating func appendKey(prefix: [UInt8], key: UnsafeRawBufferPointer) {
        buffer.writeInteger(UInt8(ascii: "$"))
        writeNumber(prefix.count + key.count)
        buffer.writeBytes(prefix)
        buffer.writeBytes(key)
        buffer.writeStaticString("\r\n")
    }

    /// Decimal digits and CRLF.
    private mutating func writeNumber(_ number: Int) {
        // The digits of a 64-bit number, written from the end.
        withUnsafeTemporaryAllocation(byteCount: 22, alignment: 1) { digits in
            digits[20] = 0x0D
            digits[21] = 0x0A
            var at = 20
            var rest = number
            repeat {
                at -= 1
                digits[at] = UInt8(0x30 + rest % 10)
                rest /= 10
            } while rest > 0
            buffer.writeBytes(UnsafeRawBufferPointer(rebasing: digits[at...]))
        }
    }
}
