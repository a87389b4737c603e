import Core
import Features
import FoundationEssentials

/// A public table, cut into what is learned from, what is chosen by and what is judged.
struct TableRows: Sendable {
    /// Each row's user.
    private(set) var users: [Int64] = []
    /// Each row's item.
    private(set) var items: [Int64] = []
    /// What each row is for.
    private(set) var windows: [Window] = []
    /// What a reader should know.
    private(set) var notes: [String] = []

    /// Reads `table` from `path`.
    ///
    /// - Parameters:
    ///   - path: a folder, or the file of a table that is one file.
    /// - Throws: `notFound` if there are no such files, `invalidData` for what is no such table.
    /// - Complexity: O(bytes)
    init(_ table: PublicTable, path: String) throws {
        switch table {
        case .gowalla: try readTrainAndTest(path)
        case .beauty: try readSequences(path)
        }
    }

    // MARK: - Train and test

    /// The share of each user's training items that hyperparameters are chosen by: the last of the line.
    ///
    /// Gowalla's lines are no random order, and its test items are no random draw: popularity finds 4.2 % of the test
    /// items, 3.3 % of the last tenth of the training lines, and only 2.6 % of a tenth that is drawn from them. What is
    /// chosen by the last tenth is more likely to be right for the test.
    private static let validationShare = 0.1

    private mutating func readTrainAndTest(_ folder: String) throws {
        let train = try UserLines(path: Self.require("train.txt", in: folder))
        let test = try UserLines(path: Self.require("test.txt", in: folder))
        for line in 0..<train.count {
            let range = train.range(line)
            // At least one is chosen by, and at least one learned from; of a single item none is chosen by.
            let share = Int((Double(range.count) * Self.validationShare).rounded())
            let cut = range.upperBound - min(max(share, 1), range.count - 1)
            for place in range {
                append(train.users[line], train.items[place], place < cut ? .train : .validation)
            }
        }
        for line in 0..<test.count {
            for place in test.range(line) { append(test.users[line], test.items[place], .test) }
        }
        let known = (users: Set(train.users), items: Set(train.items))
        notes = train.notes + test.notes
        note(
            test.users.count { !known.users.contains($0) }, "user of test.txt is", "users of test.txt are",
            "not in train.txt: judged by what the model gives to strangers")
        note(
            Set(test.items).count { !known.items.contains($0) }, "item of test.txt is", "items of test.txt are",
            "not in train.txt: counted, though hardly any model can find such")
    }

    private static func require(_ name: String, in folder: String) throws -> String {
        if let path = TextFile.find("\(folder)/\(name)") { return path }
        throw MartletError(
            .notFound, "there is no \(name) or \(name).gz in \(folder)",
            hint: "name the folder that holds train.txt and test.txt, lines of 'user item item …'")
    }

    // MARK: - Sequences

    private mutating func readSequences(_ path: String) throws {
        let lines = try UserLines(path: Self.sequenceFile(path))
        var short = 0
        for line in 0..<lines.count {
            let range = lines.range(line)
            if range.count < 3 { short += 1 }
            for place in range {
                let behind = range.upperBound - place
                let window: Window =
                    range.count < 3 ? .train : behind == 1 ? .test : behind == 2 ? .validation : .train
                append(lines.users[line], lines.items[place], window)
            }
        }
        notes = lines.notes
        note(short, "user has", "users have", "fewer than three items: learned from, and not judged")
        guard short < lines.count else {
            throw MartletError(
                .invalidData, "no line of \(lines.path) has three items to learn from, to choose by and to judge",
                hint: "each line is 'user item item …' in the order of time")
        }
    }

    private static func sequenceFile(_ path: String) throws -> String {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw MartletError(
                .notFound, "there is no file or folder \(path)",
                hint: "name the file of sequences, lines of 'user item item …' in the order of time")
        }
        guard isFolder else { return path }
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
            .filter { $0.hasSuffix(".txt") || $0.hasSuffix(".txt.gz") }.sorted()
        guard let name = names.first, names.count == 1 else {
            throw MartletError(
                .notFound, "\(path) holds \(names.count) files .txt or .txt.gz, expected one of sequences",
                hint: names.isEmpty
                    ? "name the file of sequences" : "name one of them: \(names.joined(separator: ", "))")
        }
        return "\(path)/\(name)"
    }

    // MARK: - Rows

    private mutating func append(_ user: Int64, _ item: Int64, _ window: Window) {
        users.append(user)
        items.append(item)
        windows.append(window)
    }

    private mutating func note(_ count: Int, _ one: String, _ several: String, _ text: String) {
        if count > 0 { notes.append("\(count) \(count == 1 ? one : several) \(text)") }
    }
}
