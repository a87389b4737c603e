/// Reads XML strictly enough to find a tag that is not closed, a stray character or an entity that there is not, and
/// counts JUnit's elements.
struct XMLCheck {
    var isWellFormed = true
    var cases = 0
    var failures = 0

    init(_ text: String) {
        var open: [String] = []
        var rest = text[...]
        if rest.hasPrefix("<?xml") { rest = rest[rest.firstRange(of: "?>")!.upperBound...] }
        while let start = rest.firstIndex(of: "<") {
            check(rest[..<start])
            guard let end = rest[start...].firstIndex(of: ">") else {
                isWellFormed = false
                return
            }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("/") {
                if open.popLast() != String(tag.dropFirst()) { isWellFormed = false }
                continue
            }
            let name = String(tag.prefix { $0.isLetter || $0 == "-" })
            cases += name == "testcase" ? 1 : 0
            failures += name == "failure" ? 1 : 0
            if name.isEmpty || tag.count(where: { $0 == "\"" }) % 2 == 1 || tag.contains("<") { isWellFormed = false }
            check(tag)
            if !tag.hasSuffix("/") { open.append(name) }
        }
        check(rest)
        if !open.isEmpty { isWellFormed = false }
    }

    private mutating func check(_ text: Substring) {
        if text.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\n" && $0 != "\t" }) { isWellFormed = false }
        for part in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst() {
            let entity = part.prefix { $0 != ";" }
            if !["amp", "lt", "gt", "quot", "#39"].contains(String(entity)) { isWellFormed = false }
        }
    }
}
