import Core
import Testing

/// What a configuration file says of its faults: all of them, with their places and a way to fix each.
struct ConfigurationTests {
    private func read(_ yaml: String, _ body: (inout ConfigurationFields) -> Void) throws -> [MartletError] {
        let diagnostics = Diagnostics()
        var fields = ConfigurationFields(
            try ConfigurationNode(yaml: yaml, file: "a.yml"), diagnostics: diagnostics)
        body(&fields)
        fields.finish()
        return diagnostics.errors
    }

    @Test func typedValuesAreRead() throws {
        let errors = try read("{name: shop, port: 80_80, share: 0.25, on: true, age: 4w, list: [a, b], one: c}") {
            let (name, port, share) = ($0.string("name"), $0.integer("port"), $0.number("share"))
            #expect(name == "shop" && port == 8080 && share == 0.25)
            let (isOn, age) = ($0.bool("on", default: false), $0.duration("age"))
            #expect(isOn && age == 4 * 7 * 86_400)
            let (list, one, absent) = ($0.strings("list"), $0.strings("one"), $0.integer("absent", default: 3))
            #expect(list == ["a", "b"] && one == ["c"] && absent == 3)
        }
        #expect(errors.isEmpty)
    }

    @Test(arguments: [("90s", 90.0), ("15m", 900), ("12h", 43_200), ("28d", 2_419_200), ("4w", 2_419_200), ("30", 30)])
    func lengthsOfTime(text: String, seconds: Double) throws {
        let errors = try read("{t: \(text)}") {
            let found = $0.duration("t")
            #expect(found == seconds)
        }
        #expect(errors.isEmpty)
    }

    @Test(arguments: ["1.5", "'1'", "one", "[1]", "9999999999999999999"]) func noWholeNumber(text: String) throws {
        let errors = try read("{n: \(text)}") {
            let found = $0.integer("n")
            #expect(found == nil)
        }
        #expect(errors.count == 1)
        #expect(errors.first?.location == SourceLocation(file: "a.yml", line: 1, column: 5))
    }

    @Test func anUnknownKeyGetsTheNearest() throws {
        let errors = try read("thresold: 1\n") { _ = $0.integer("threshold") }
        #expect(errors.first?.description == "a.yml:1:1: unknown key 'thresold'\n  hint: did you mean 'threshold'?")
    }

    @Test func aMissingKeyAndAValueOutOfRangeAreBothShown() throws {
        let errors = try read("share: 2\n") {
            _ = $0.required("name")
            _ = $0.number("share", in: 0...1)
        }
        #expect(errors.count == 2)
    }

    @Test func aWrongWordGetsTheNearestChoice() throws {
        let errors = try read("kind: rokcsdb\n") { _ = $0.choice("kind", of: ["rocksdb", "redis"]) }
        #expect(errors.first?.hint == "did you mean 'rocksdb'?")
    }

    @Test func theSameFaultIsShownOnce() {
        let diagnostics = Diagnostics()
        for _ in 0..<3 { diagnostics.report("wrong", at: SourceLocation(file: "a", line: 1, column: 1)) }
        #expect(diagnostics.errors.count == 1)
    }

    @Test func variablesOfTheEnvironmentStandInText() throws {
        let known = ["USER_NAME": "ann", "EMPTY": ""]
        let errors = try read("{password: x, other: y}") { fields in
            _ = (fields.string("password"), fields.string("other"))
            let whole = fields.expand("${env:USER_NAME}:${env:EMPTY}@${env:USER_NAME}", of: "other", environment: known)
            #expect(whole.text == "ann:@ann" && whole.secrets == ["ann", "", "ann"])
            let plain = fields.expand("no ${variable} ${env:here", of: "other", environment: known)
            #expect(plain.text == "no ${variable} ${env:here" && plain.secrets.isEmpty)
            let missing = fields.expand("a${env:NONE}b${env:LESS}", of: "password", environment: known)
            #expect(missing.text == "ab")
        }
        #expect(
            errors.map(\.location) == Array(repeating: SourceLocation(file: "a.yml", line: 1, column: 12), count: 2))
        #expect(errors.map { $0.message.contains("NONE") } == [true, false])
        #expect(errors.last?.message.contains("'password' needs the environment variable LESS") == true)
    }
}
