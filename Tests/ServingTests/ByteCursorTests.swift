import Core
import Serving
import Testing

@Suite struct ByteCursorTests {
    private func written(_ body: (inout ByteCursor) -> Void) -> String {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { memory in
            var cursor = ByteCursor(memory.baseAddress!)
            body(&cursor)
            return String(decoding: UnsafeRawBufferPointer(rebasing: memory[..<cursor.count]), as: UTF8.self)
        }
    }

    @Test(arguments: [
        (0, "0"), (1, "1"), (-1, "-1"), (0.5, "0.5"), (0.8125, "0.8125"), (-0.001_5, "-0.0015"), (12.25, "12.25"),
        (0.999_999_94, "1"), (1e9, "1e+09"), (1e-5, "1e-05"), (123_456.789, "123456.789063"), (.nan, "null"),
        (.infinity, "null"), (-.infinity, "null"), (-0.0, "0"),
    ])
    func scoresAreWritten(score: Float, text: String) {
        #expect(written { $0.number(score) } == text)
    }

    @Test func scoresAreReadBackNearEnough() throws {
        var random = RandomSource(seed: 7)
        for _ in 0..<20_000 {
            let score = Float((random.uniform() - 0.5) * Double(1 << random.index(below: 40))) / 4096
            let text = written { $0.number(score) }
            #expect(text.utf8.count <= ByteCursor.longestNumber)
            let back = try JSONValue(parsing: text).number ?? .nan
            #expect(abs(back - Double(score)) <= 5.01e-7, "\(score) was written \(text)")
        }
    }

    @Test func everyCharacterSurvives() throws {
        let text = String(String.UnicodeScalarView((0..<0x300).compactMap(Unicode.Scalar.init))) + "🦅日本"
        let json = written { $0.quoted(text) }
        #expect(json.utf8.count <= ByteCursor.longestQuoted(text.utf8.count))
        #expect(try JSONValue(parsing: json) == .string(text))
    }
}
