import Stores
import Testing

/// The parser alone, without sockets.
struct RESPParserTests {
    /// What one stream holds: wire form and values.
    static let stream: (wire: String, values: [RESPValue]) = (
        "+OK\r\n-ERR no\r\n:-42\r\n$5\r\na\r\nbc\r\n$0\r\n\r\n$-1\r\n*-1\r\n_\r\n#t\r\n#f\r\n,1.5\r\n,inf\r\n,-inf\r\n"
            + "(3492890328409238509324850943850943825024385\r\n!10\r\nSYNTAX bad\r\n=8\r\ntxt:some\r\n"
            + "*2\r\n:1\r\n*2\r\n$1\r\nx\r\n*0\r\n%1\r\n+key\r\n*1\r\n:7\r\n~2\r\n:1\r\n:2\r\n>2\r\n+message\r\n+hi\r\n"
            + "|1\r\n+ttl\r\n:3\r\n+behind\r\n*1\r\n|1\r\n+a\r\n*1\r\n+b\r\n:9\r\n*0\r\n%0\r\n",
        [
            .simple(bytes("OK")), .error("ERR no"), .integer(-42), .bulk(bytes("a\r\nbc")), .bulk([]), .null, .null,
            .null,
            .boolean(true), .boolean(false), .double(1.5), .double(.infinity), .double(-.infinity),
            .bigNumber(bytes("3492890328409238509324850943850943825024385")), .error("SYNTAX bad"),
            .verbatim(bytes("some")), .array([.integer(1), .array([.bulk(bytes("x")), .array([])])]),
            .map([.simple(bytes("key")), .array([.integer(7)])]), .set([.integer(1), .integer(2)]),
            .push([.simple(bytes("message")), .simple(bytes("hi"))]), .simple(bytes("behind")), .array([.integer(9)]),
            .array([]), .map([]),
        ]
    )

    @Test(arguments: [1, 2, 3, 7, 64, 10_000])
    func valuesDoNotDependOnHowBytesArrive(_ size: Int) throws {
        let wire = bytes(Self.stream.wire)
        var parser = RESPParser()
        var values: [RESPValue] = []
        for start in stride(from: 0, to: wire.count, by: size) {
            parser.append(Array(wire[start..<min(start + size, wire.count)]))
            while let value = try parser.next() { values.append(value) }
        }
        #expect(values == Self.stream.values)
    }

    @Test(arguments: [
        "?what\r\n", ":12x\r\n", ":\r\n", "$-2\r\n", "$abc\r\n", "$3\r\nabcd\r\n", "*-2\r\n", "*99999999999\r\n",
        "$99999999999\r\n",
        "#x\r\n", "#tt\r\n", ",one\r\n", "(12a\r\n", "(\r\n", "_x\r\n", "=2\r\nab\r\n", "=5\r\nabcde\r\n", "\r\n",
        "+no carriage return\n",
        "%-1\r\n", "*?\r\n", ":99999999999999999999\r\n", "!-1\r\n",
    ])
    func wrongBytesAreFaults(_ wire: String) {
        var parser = RESPParser()
        parser.append(bytes(wire))
        #expect(throws: RESPParser.Fault.self) {
            while try parser.next() != nil {}
        }
    }

    @Test(arguments: [1, 2, 3, 7, 64, 10_000])
    func arraysStayWholeHoweverBytesArrive(_ size: Int) throws {
        let wire = bytes(Self.stream.wire)
        var parser = RESPParser()
        var values: [RESPValue] = []
        for start in stride(from: 0, to: wire.count, by: size) {
            parser.append(Array(wire[start..<min(start + size, wire.count)]))
            while let value = try parser.nextUnparsed() {
                guard case .unparsed(let whole) = value else {
                    values.append(value)
                    continue
                }
                var again = RESPParser()
                again.append(whole)
                values.append(try #require(try again.next()))
                #expect(try again.next() == nil)
            }
        }
        #expect(values == Self.stream.values)
    }

    @Test(arguments: [
        "*1\r\n$-2\r\n", "*1\r\n$3\r\nabcd\r\n", "*99999999999\r\n", "*1\r\n:1\n", "*x\r\n", "*1\r\n$99999999999\r\n",
    ])
    func wrongBytesOfAnArrayAreFaults(_ wire: String) {
        var parser = RESPParser()
        parser.append(bytes(wire))
        #expect(throws: RESPParser.Fault.self) {
            while try parser.nextUnparsed() != nil {}
        }
    }

    @Test
    func limitsHoldBeforeMemoryIsTaken() throws {
        var limits = RESPParser.Limits()
        limits.bulk = 10
        limits.line = 20
        limits.elements = 4
        limits.depth = 3
        for wire in ["$11\r\n", "+\(String(repeating: "x", count: 30))", "*5\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n"] {
            var parser = RESPParser(limits: limits)
            parser.append(bytes(wire))
            #expect(throws: RESPParser.Fault.self) { _ = try parser.next() }
        }
        // A million promised elements of which none comes cost nothing.
        var parser = RESPParser()
        parser.append(bytes("*60000000\r\n"))
        #expect(try parser.next() == nil)
    }

    @Test
    func randomBytesNeverTrap() {
        var random = SystemRandomNumberGenerator()
        let letters = bytes("+-:$*%~>|#,(!=_0123456789\r\ntfOK")
        for _ in 0..<3000 {
            var parser = RESPParser()
            for _ in 0..<8 {
                let piece = (0..<Int.random(in: 0..<24, using: &random)).map { _ in
                    Bool.random(using: &random) ? letters.randomElement(using: &random)! : UInt8.random(in: 0 ... .max)
                }
                parser.append(piece)
                // A fault ends the stream; anything else goes on.
                guard Self.drain(&parser) else { break }
            }
        }
    }

    @Test
    func damagedStreamsNeverTrap() {
        let wire = bytes(Self.stream.wire)
        for position in wire.indices {
            for damage: UInt8 in [0x00, 0x0D, 0x0A, 0x39, 0xFF] {
                var damaged = wire
                damaged[position] = damage
                var parser = RESPParser()
                parser.append(damaged)
                _ = Self.drain(&parser)
            }
        }
    }

    /// Takes all values; false if the bytes are at fault.
    private static func drain(_ parser: inout RESPParser) -> Bool {
        do {
            while try parser.next() != nil {}
            return true
        } catch {
            return false
        }
    }
}
