import Core
import Foundation
import Models
import PublicTables
import Testing

/// The protocols, on tables that can be worked out by hand.
///
/// Training, how often each item comes: 0: 5, 1: 4, 2: 3, 3: 2, and once each 4 to 33:
///
/// | user | train   | test | list (training items left out) | recall | NDCG                         |
/// |------|---------|------|--------------------------------|--------|------------------------------|
/// | 10   | 0 1     | 2 3  | 2 3 …                          | 1      | 1                            |
/// | 11   | 0 1 2   | 3 90 | 3 …                            | 1/2    | 1 / (1 + 1/log₂3) = 0.613147 |
/// | 12   | 0 2     | 3    | 1 3 …                          | 1      | 1/log₂3 = 0.630930           |
/// | 13   | 0 1 3   | 0    | 2 …                            | 0      | 0                            |
///
/// Equal counts stand in the order of their ids as text. Item 90 is in test alone. A user of 22 test items who finds all 20 that fit has NDCG 1 and recall 20/22.
struct PublicTableTests {
    static let train =
        "10 0 1\n11 0 1 2\n12 0 2\n13 0 1 3\n15 0 1 2 3\n14 " + (4..<34).map(String.init).joined(separator: " ")

    static func folder(_ files: [String: String]) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tables-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, text) in files { try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)")) }
        return folder
    }

    @Test func gowallaIsJudgedAsByHand() throws {
        let folder = try Self.folder([
            "train.txt": Self.train + "\n", "test.txt": "10 2 3\n11 3 90\n12 3\n13 0\n",
        ])
        let result = try PublicTableBench(.gowalla, path: folder).run("popularity")
        #expect(result.users == 4)
        #expect(abs(result.test["recall@20"]! - (1 + 0.5 + 1 + 0) / 4) < 1e-6)
        #expect(abs(result.test["ndcg@20"]! - (1 + 0.613147 + 0.630930 + 0) / 4) < 1e-5)
        #expect(result.notes.contains { $0.hasPrefix("1 item of test.txt is not in train.txt") })
        #expect(result.json["recall@20"]?.number == result.test["recall@20"])
    }

    @Test func theIdealListOfManyTestItemsHoldsTwenty() throws {
        let folder = try Self.folder([
            "train.txt": Self.train, "test.txt": "10 2 3 " + (10..<30).map(String.init).joined(separator: " "),
        ])
        let result = try PublicTableBench(.gowalla, path: folder).run("popularity")
        #expect(abs(result.test["recall@20"]! - 20.0 / 22) < 1e-6)
        #expect(abs(result.test["ndcg@20"]! - 1) < 1e-6)
    }

    /// A user's second-last item chooses, the last is judged; the list leaves out what came before.
    @Test func sequencesAreJudgedByTheirLastItem() throws {
        // Fitted on all but the last, items 1 and 2 have counts 3 and 2, items 3 and 4 one: user 7 finds 2 at place 1,
        // user 8 item 3 at place 1, user 9 item 4 at place 2, behind 3. User 5 is not judged.
        let folder = try Self.folder(["some.txt": "7 1 3 2\n8 1 2 3\n9 2 1 4\n5 4\n"])
        let result = try PublicTableBench(.beauty, path: folder).run("popularity")
        #expect(result.users == 3)
        #expect(abs(result.test["hr@10"]! - 1) < 1e-6)
        #expect(abs(result.test["ndcg@10"]! - (1 + 1 + 0.630930) / 3) < 1e-5)
        #expect(result.notes == ["1 user has fewer than three items: learned from, and not judged"])
    }

    @Test func theTestRowsAreNotLookedAtWhileChoosing() throws {
        let folder = try Self.folder(["train.txt": Self.train, "test.txt": "10 2 3\n"])
        var bench = PublicTableBench(.gowalla, path: folder)
        bench.isValidationOnly = true
        let first = try bench.run("popularity")
        #expect(first.test.isEmpty && first.validation.count == 2)
        try Data("10 33\n77 2\n".utf8).write(to: URL(filePath: folder + "/test.txt"))
        #expect(try bench.run("popularity").validation == first.validation)
    }

    @Test func packedFilesReadAsPlainOnes() throws {
        // Long and varied enough for tables of its own, short distances and long ones; the empty lines count for nothing.
        let lines = (0..<3000).map { user in
            "\(user) " + (0..<9).map { String((user * 7919 + $0 * 104_729) % 5003) }.joined(separator: " ")
        }
        let folder = try Self.folder(["train.txt": lines.joined(separator: "\n\n"), "test.txt": "0 17\n"])
        let plain = try PublicTableBench(.gowalla, path: folder).run("popularity")
        for level in ["-1", "-9"] {
            let packed = try Self.folder(["train.txt": lines.joined(separator: "\n"), "test.txt": "0 17\n"])
            let gzip = try Process.run(
                URL(filePath: "/usr/bin/env"), arguments: ["gzip", level, packed + "/train.txt"])
            gzip.waitUntilExit()
            #expect(!FileManager.default.fileExists(atPath: packed + "/train.txt"))
            #expect(try PublicTableBench(.gowalla, path: packed).run("popularity").validation == plain.validation)
            var bytes = try Data(contentsOf: URL(filePath: packed + "/train.txt.gz"))
            bytes[bytes.count / 2] ^= 0x10
            try bytes.write(to: URL(filePath: packed + "/train.txt.gz"))
            let error = #expect(throws: MartletError.self) {
                try PublicTableBench(.gowalla, path: packed).run("popularity")
            }
            #expect(error?.code == .corrupted)
        }
    }

    static let wrong: [(train: String, message: String)] = [
        ("", "train.txt holds no interactions"), ("\n \n", "train.txt holds no interactions"),
        ("1 2 3\n2 x 4\n", "train.txt:2:3: 'x' is no whole number"),
        ("1 2 -3\n", "train.txt:1:5: '-3' is no whole number"),
        ("1 2 3.5\n", "train.txt:1:5: '3.5' is no whole number"),
        ("1 99999999999999999999\n", "is no whole number"),
        ("1 2 3\n1 4\n", "train.txt:2:1: user 1 has a line already, line 1"),
        ("1 2\n", "no user has enough items for the validation window"),
    ]

    @Test(arguments: wrong)
    func wrongFilesSayWhatIsWrong(train: String, message: String) throws {
        let folder = try Self.folder(["train.txt": train, "test.txt": "1 2\n"])
        let error = #expect(throws: MartletError.self) {
            try PublicTableBench(.gowalla, path: folder).run("popularity")
        }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
        #expect(error?.hint != nil)
    }

    @Test func oddLinesAreCounted() throws {
        let folder = try Self.folder([
            "train.txt": Self.train + "\n25\n26 1 1 2\n", "test.txt": "10 2 3\n99 1\n11\n",
        ])
        let result = try PublicTableBench(.gowalla, path: folder).run("popularity")
        #expect(result.users == 2)
        for note in [
            "train.txt: 1 user without items left out", "train.txt: 1 item that the same line has already left out",
            "test.txt: 1 user without items left out", "1 user of test.txt is not in train.txt",
        ] {
            #expect(result.notes.contains { $0.contains(note) }, "\(note) in \(result.notes)")
        }
    }

    @Test func missingFilesAreNamed() throws {
        let folder = try Self.folder(["a.txt": "1 2 3\n", "b.txt": "1 2 3\n"])
        for (table, path) in [
            (PublicTable.gowalla, folder), (.gowalla, folder + "/none"), (.beauty, folder), (.beauty, folder + "/none"),
        ] {
            let error = #expect(throws: MartletError.self) {
                try PublicTableBench(table, path: path).run("popularity")
            }
            #expect(error?.code == .notFound && error?.hint != nil)
        }
    }

    @Test func settingsAreRead() throws {
        let settings = try BenchSettings.parse(["layers=[8, 4]", "half-life=null", "weighting=bm25", "l2=0.5"])
        #expect(settings == ["layers": [8, 4], "half-life": nil, "weighting": "bm25", "l2": 0.5])
        #expect(throws: MartletError.self) { try BenchSettings.parse(["l2"]) }
        let bench = PublicTableBench(.gowalla, path: "none")
        let error = #expect(throws: MartletError.self) {
            try bench.run("popularity", hyperparameters: ["half-live": 3])
        }
        #expect(error?.code == .invalidConfiguration)
    }

    @Test(arguments: PublicTable.allCases) func presetsAreValid(_ table: PublicTable) throws {
        for name in table.models {
            #expect(throws: Never.self) {
                try ModelRegistry.make(kind: table.kind(name), hyperparameters: table.preset(name))
            }
        }
    }
}
