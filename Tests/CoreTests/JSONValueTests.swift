import Core
import Testing

/// Documents that keep their text through any number of round trips: digests of steps rest on it.
struct JSONValueTests {
    static let documents: [JSONValue] = [
        .null, true, 0, -7, 1.5, 0.1, .number(2), .number(-0.0), .number(1e300), .number(1.0 / 3), .number(9.007e15),
        "text", "quote \" slash \\ line\n tab\t bell\u{7} é 漢", [1, [2.5, []], [:]], ["b": 1, "a": ["c": nil]],
    ]

    @Test(arguments: documents) func keepsItsTextWhenReadAgain(_ document: JSONValue) throws {
        let text = document.description
        let read = try JSONValue(parsing: text)
        #expect(read.description == text)
        #expect(try JSONValue(parsing: document.pretty).description == text)
    }

    @Test func keysAreSorted() {
        let document: JSONValue = ["b": 1, "a": [true, nil]]
        #expect(document.description == #"{"a":[true,null],"b":1}"#)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity]) func whatJSONCannotSayIsNull(_ number: Double) {
        #expect(JSONValue.number(number).description == "null")
    }

    @Test(arguments: ["", "{", "[1 2]", "nul", "{\"a\" 1}"]) func brokenTextIsRefused(_ text: String) {
        #expect(throws: MartletError.self) { try JSONValue(parsing: text) }
    }
}
