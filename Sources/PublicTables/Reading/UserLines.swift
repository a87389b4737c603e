import Core

/// A file of lines `user item item …`, numbers with spaces between them.
struct UserLines: Sendable {
    /// The file.
    let path: String
    /// Each line's user.
    private(set) var users: [Int64] = []
    /// Where each line's items begin; one number more than there are lines.
    private(set) var offsets: [Int] = [0]
    /// The items, line after line.
    private(set) var items: [Int64] = []
    /// What was passed over.
    private(set) var notes: [String] = []

    /// How many lines there are.
    var count: Int { users.count }
    /// The places of a line's items.
    func range(_ line: Int) -> Range<Int> { offsets[line]..<offsets[line + 1] }

    /// Reads a file.
    ///
    /// A user without items and an item that its line has already are passed over and counted.
    ///
    /// - Throws: `invalidData` with line and column for what is no whole number, for a user who comes twice, and for a
    ///   file without any line; and what reading throws.
    /// - Complexity: O(bytes)
    init(path: String) throws {
        self.path = path
        var counts = (idle: 0, repeated: 0)
        var lineOfUser: [Int64: Int] = [:]
        var seen: Set<Int64> = []
        var line = 0
        let text = try TextFile.read(path)
        try text.withUnsafeBufferPointer { text in
            var place = 0
            while place < text.count {
                line += 1
                let start = place
                var user: Int64?
                seen.removeAll(keepingCapacity: true)
                while let number = try number(text, &place, line: line, start: start) {
                    if user == nil {
                        user = number
                    } else if seen.insert(number).inserted {
                        items.append(number)
                    } else {
                        counts.repeated += 1
                    }
                }
                guard let user else { continue }
                if let earlier = lineOfUser.updateValue(line, forKey: user) {
                    throw MartletError(
                        .invalidData, "user \(user) has a line already, line \(earlier)",
                        hint: "put all items of a user into one line",
                        at: SourceLocation(file: path, line: line, column: 1))
                }
                guard items.count > offsets[users.count] else {
                    counts.idle += 1
                    continue
                }
                users.append(user)
                offsets.append(items.count)
            }
        }
        guard !users.isEmpty else {
            throw MartletError(
                .invalidData, "\(path) holds no interactions", hint: "each line is 'user item item …', numbers all")
        }
        note(counts.idle, "user", "without items")
        note(counts.repeated, "item", "that the same line has already")
    }

    private mutating func note(_ count: Int, _ what: String, _ which: String) {
        if count > 0 { notes.append("\(path): \(count) \(what)\(count == 1 ? "" : "s") \(which) left out") }
    }

    /// The next number of a line; nil at the line's end, which is then passed.
    private func number(
        _ text: UnsafeBufferPointer<UInt8>, _ place: inout Int, line: Int, start: Int
    ) throws -> Int64? {
        while place < text.count, [0x20, 0x09, 0x0D].contains(text[place]) { place += 1 }
        guard place < text.count else { return nil }
        if text[place] == 0x0A {
            place += 1
            return nil
        }
        let first = place
        var value: Int64 = 0
        while place < text.count, case let digit = text[place] &- 0x30, digit < 10, value < .max / 10 {
            value = value * 10 + Int64(digit)
            place += 1
        }
        guard place > first, place == text.count || [0x20, 0x09, 0x0A, 0x0D].contains(text[place]) else {
            let word = text[first...].prefix(24).prefix { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
            throw MartletError(
                .invalidData, "'\(String(decoding: word, as: UTF8.self))' is no whole number",
                hint: "each line is 'user item item …', numbers of at most 18 digits with spaces between them",
                at: SourceLocation(file: path, line: line, column: first - start + 1))
        }
        return value
    }
}
