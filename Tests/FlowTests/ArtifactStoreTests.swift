import Core
import Flow
import FoundationEssentials
import Testing

@Suite struct ArtifactStoreTests {
    private let scratch: Scratch
    private let store: RunStore

    init() throws {
        scratch = try Scratch()
        store = try scratch.store()
    }

    /// FIPS 180-2's example.
    @Test func digestIsSHA256() throws {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(Digest(of: "abc").hex == expected)
        try AtomicFile.write("abc", to: scratch.path + "/abc")
        #expect(try Digest(file: scratch.path + "/abc").hex == expected)
        #expect(Digest(hex: expected) != nil && Digest(hex: "BA78") == nil)
    }

    private func makeFolder(_ name: String, last: String = "c") throws -> String {
        let folder = scratch.path + "/\(name)"
        try FileManager.default.createDirectory(atPath: folder + "/sub/empty", withIntermediateDirectories: true)
        for (path, text) in [("a", "a"), ("sub/a again", "a"), ("sub/c", last)] {
            try AtomicFile.write(text, to: "\(folder)/\(path)")
        }
        return folder
    }

    @Test func equalFoldersAreOneArtifact() throws {
        let first = try store.artifacts.store(try makeFolder("one"), name: "f")
        let second = try store.artifacts.store(try makeFolder("two"), name: "f")
        let third = try store.artifacts.store(try makeFolder("three", last: "d"), name: "f")
        #expect(first == second && first != third && first.size == 3)
        let path = try store.artifacts.path(of: first)
        #expect(try contents("\(path)/sub/a again") == "a")
        #expect(FileManager.default.fileExists(atPath: "\(path)/sub/empty"))
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/two"))
        // One file on the disk for all four that hold "a": nothing was copied.
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/a")
        #expect(attributes[.referenceCount] as? Int == 5)
    }

    @Test func aMissingTreeIsLinkedAnew() throws {
        let artifact = try store.artifacts.store(try makeFolder("one"), name: "f")
        try FileManager.default.removeItem(atPath: store.artifacts.treePath(artifact.digest))
        #expect(try contents(try store.artifacts.path(of: artifact) + "/sub/c") == "c")
    }

    @Test func refusesLinks() throws {
        let folder = try makeFolder("one")
        try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "/etc/hostname")
        #expect(throws: MartletError.self) { try store.artifacts.store(folder, name: "f") }
    }

    private func graph(_ counter: Counter) throws -> FlowGraph {
        try FlowGraph(
            name: "f",
            steps: [
                Step("make") { context in
                    counter.add("make")
                    let folder = try context.output("folder")
                    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                    try AtomicFile.write("0123456789", to: folder + "/data")
                    try AtomicFile.write("file", to: try context.output("file"))
                }
            ])
    }

    @Test(arguments: ["folder", "file"])
    func noticesADamagedArtifactAndMakesItAgain(_ name: String) async throws {
        let counter = Counter()
        let lines = Lines()
        let graph = try graph(counter)
        let first = try await FlowRunner(store: store).run(graph)
        let path = try store.path(run: first.run, step: "make", artifact: name)
        try overwrite(name == "folder" ? path + "/data" : path, "!")
        #expect(throws: MartletError.self) { try store.path(run: first.run, step: "make", artifact: name) }
        #expect(try store.verify().count == 1)
        let second = try await FlowRunner(store: store, progress: lines).run(graph)
        #expect(second.state == .finished && counter("make") == 2)
        #expect(lines.all.contains { $0.contains("does not hold what was stored") })
        #expect(try store.verify().isEmpty)
        #expect(
            try contents(try store.path(run: second.run, step: "make", artifact: "folder") + "/data") == "0123456789")
    }

    @Test func aTouchedArtifactIsReadAndKept() async throws {
        let counter = Counter()
        let graph = try graph(counter)
        let first = try await FlowRunner(store: store).run(graph)
        let path = try store.path(run: first.run, step: "make", artifact: "file")
        try overwrite(path, "f")
        let second = try await FlowRunner(store: store).run(graph)
        #expect(second.steps[0].state == .reused && counter("make") == 1)
    }

    @Test func refusesADatabaseFromTheFutureOrOfAnotherKind() throws {
        let folder = scratch.path + "/other"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try AtomicFile.write(String(repeating: "no database ", count: 500), to: folder + "/runs.sqlite")
        let error = #expect(throws: MartletError.self) { try RunStore(folder: folder) }
        #expect(error?.code == .corrupted)
    }
}
