import Core
import Flow
import FoundationEssentials
import GRDB
import Testing

@Suite struct GarbageTests {
    private let scratch: Scratch
    private let store: RunStore

    init() throws {
        scratch = try Scratch()
        store = try scratch.store()
    }

    /// Each run makes a file of its own, a folder of its own, and a file that all have.
    private func run(_ number: Int) async throws -> String {
        let step = Step("make", parameters: .integer(Int64(number))) { context in
            try AtomicFile.write("run \(number)", to: try context.output("file"))
            let folder = try context.output("folder")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try AtomicFile.write("in run \(number)", to: folder + "/own")
            try AtomicFile.write("shared", to: folder + "/shared")
        }
        let summary = try await FlowRunner(store: store).run(FlowGraph(name: "f", steps: [step]))
        try summary.check()
        return summary.run
    }

    @Test func oldRunsGoAndWhatTheOthersNeedStays() async throws {
        var runs: [String] = []
        for number in 0..<5 { runs.append(try await run(number)) }
        try store.tag(run: runs[0], [GarbagePolicy.keepTag: ""])
        // The newest run takes what the second made.
        runs.append(try await run(1))
        let dry = try store.collectGarbage(GarbagePolicy(keep: 1), isDryRun: true)
        #expect(try store.runs().count == 6 && store.verify().isEmpty)
        let wet = try store.collectGarbage(GarbagePolicy(keep: 1))
        #expect(wet.runs == [runs[2], runs[3], runs[4]] && dry.runs == wet.runs && dry.bytes == wet.bytes)
        // Of each run the file, the folder's own file, and the folder's manifest.
        #expect(wet.results == 3 && wet.files == 9 && dry.files == 9)
        #expect(Set(try store.runs().map(\.id)) == [runs[0], runs[1], runs[5]])
        #expect(try store.verify().isEmpty)
        for run in [runs[0], runs[1], runs[5]] {
            let folder = try store.path(run: run, step: "make", artifact: "folder")
            #expect(try contents(folder + "/shared") == "shared")
        }
        let again = try store.collectGarbage(GarbagePolicy(keep: 1))
        #expect(again.runs.isEmpty && again.files == 0)
    }

    @Test func youngRunsStay() async throws {
        for number in 0..<3 { _ = try await run(number) }
        #expect(try store.collectGarbage(GarbagePolicy(keep: 0, youngerThan: 3600)).runs.isEmpty)
        #expect(try store.collectGarbage(GarbagePolicy(keep: 0)).runs.count == 3)
        #expect(try store.runs().isEmpty)
    }

    @Test func aStoreOfVersionOneIsBroughtUpToDate() throws {
        let folder = scratch.path + "/old"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let old = try DatabaseQueue(path: folder + "/runs.sqlite")
        try old.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE runs (id TEXT PRIMARY KEY, flow TEXT NOT NULL, state TEXT NOT NULL,
                        created REAL NOT NULL, ended REAL, process INTEGER, processStarted INTEGER, host TEXT,
                        parameters TEXT NOT NULL, message TEXT) WITHOUT ROWID;
                    CREATE TABLE results (id INTEGER PRIMARY KEY, key TEXT NOT NULL, run TEXT NOT NULL,
                        step TEXT NOT NULL, value TEXT NOT NULL, seconds REAL NOT NULL, created REAL NOT NULL);
                    CREATE TABLE artifacts (result INTEGER NOT NULL REFERENCES results ON DELETE CASCADE,
                        name TEXT NOT NULL, kind TEXT NOT NULL, digest TEXT NOT NULL, size INTEGER NOT NULL,
                        PRIMARY KEY (result, name)) WITHOUT ROWID;
                    CREATE TABLE steps (run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, name TEXT NOT NULL,
                        position INTEGER NOT NULL, dependencies TEXT NOT NULL, parameters TEXT NOT NULL,
                        state TEXT NOT NULL, key TEXT, result INTEGER REFERENCES results ON DELETE SET NULL,
                        attempts INTEGER NOT NULL DEFAULT 0, started REAL, ended REAL, message TEXT,
                        PRIMARY KEY (run, name)) WITHOUT ROWID;
                    CREATE TABLE metrics (run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, step TEXT NOT NULL,
                        name TEXT NOT NULL, "index" INTEGER NOT NULL, value REAL, time REAL NOT NULL,
                        PRIMARY KEY (run, step, name, "index")) WITHOUT ROWID;
                    INSERT INTO runs VALUES ('20260101-0000-aaaa', 'f', 'finished', 1, 2, 0, 0, '', '{}', NULL);
                    INSERT INTO steps VALUES ('20260101-0000-aaaa', 's', 0, '[]', '{}', 'finished', 'k', NULL, 1, 1,
                        2, NULL);
                    PRAGMA user_version = 1;
                    """)
            for index in 0..<600 {
                try db.execute(
                    sql: "INSERT INTO metrics VALUES ('20260101-0000-aaaa', 's', ?, ?, ?, ?)",
                    arguments: [index % 2 == 0 ? "loss" : "recall", index, index == 4 ? nil : Double(index), 5.0])
            }
        }
        try old.close()
        for _ in 0..<2 {
            let store = try RunStore(folder: folder)
            let losses = try store.metrics(run: "20260101-0000-aaaa", name: "loss")
            #expect(losses.map(\.index) == (0..<300).map { Int64($0 * 2) })
            #expect(losses[2].value.isNaN && losses[3].value == 6 && losses[3].time == 5)
            #expect(try store.steps(run: "20260101-0000-aaaa").map(\.state) == [.finished])
        }
        let newer = try DatabaseQueue(path: folder + "/runs.sqlite")
        try newer.write { try $0.execute(sql: "PRAGMA user_version = 99") }
        try newer.close()
        let error = #expect(throws: MartletError.self) { try RunStore(folder: folder) }
        #expect(error?.message.contains("newer Martlet (version 99") == true)
    }
}
