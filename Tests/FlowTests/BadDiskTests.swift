import Core
import Flow
import Foundation
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Disks that are full, that cannot be written, and artifacts that do not fit into memory.
@Suite(.serialized) struct BadDiskTests {
    /// A small disk in memory, mounted for one test.
    private final class Disk {
        let path: String
        let isMounted: Bool

        init(megabytes: Int) {
            path = NSTemporaryDirectory() + "flow-disk-\(UUID().uuidString)"
            try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            isMounted = Self.run("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path)
        }

        deinit {
            if isMounted { _ = Self.run("umount", "-l", path) }
            try? FileManager.default.removeItem(atPath: path)
        }

        func remount(_ options: String) -> Bool { Self.run("mount", "-o", "remount,\(options)", path) }

        static func run(_ words: String...) -> Bool {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = words
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            guard (try? process.run()) != nil else { return false }
            process.waitUntilExit()
            return process.terminationStatus == 0
        }
    }

    private static let canMount = Disk(megabytes: 1).isMounted

    private func graph() throws -> FlowGraph {
        let steps = ["small", "large"].map { name in
            Step(name, dependencies: name == "large" ? ["small"] : []) { context in
                let size = name == "large" ? 12_000_000 : 1000
                try AtomicFile.write([UInt8](repeating: 7, count: size), to: try context.output("bytes"))
            }
        }
        return try FlowGraph(name: "f", steps: steps)
    }

    @Test(.enabled(if: canMount, "disks can be mounted by root alone"))
    func aFullDiskEndsAStepAndTheRunResumesWithMoreRoom() async throws {
        let disk = Disk(megabytes: 6)
        try #require(disk.isMounted)
        let store = try RunStore(folder: disk.path + "/runs")
        let first = try await FlowRunner(store: store).run(try graph())
        #expect(first.steps.map(\.state) == [.finished, .failed])
        #expect((first.failure as? MartletError)?.code == .outOfSpace, "\(String(describing: first.failure))")
        #expect(try store.verify().isEmpty)
        try #require(disk.remount("size=64m"))
        let second = try await FlowRunner(store: store).run(try graph(), resume: first.run)
        try second.check()
        #expect(second.steps[0].wasDone)
        #expect(try store.verify().isEmpty)
    }

    @Test(.enabled(if: canMount, "disks can be mounted by root alone"))
    func aReadOnlyDiskIsSaid() async throws {
        let disk = Disk(megabytes: 32)
        try #require(disk.isMounted)
        do {
            let store = try RunStore(folder: disk.path + "/runs")
            try await FlowRunner(store: store).run(try graph()).check()
        }
        try #require(disk.remount("ro"))
        let error = #expect(throws: MartletError.self) { try RunStore(folder: disk.path + "/runs") }
        #expect(error?.hint != nil, "\(String(describing: error))")
        let other = #expect(throws: MartletError.self) { try RunStore(folder: disk.path + "/more") }
        #expect(other?.message.contains("/more") == true, "\(String(describing: other))")
    }

    /// A file of holes: gigabytes that cost no disk. Reading it in one piece would show in the process's peak.
    @Test func anArtifactIsStoredAndReadInPieces() async throws {
        let scratch = try Scratch()
        let store = try scratch.store()
        let size: Int64 = 1 << 30
        let before = SystemUse.now.peakMemory
        let step = Step("make") { context in
            let path = try context.output("holes")
            let descriptor = open(path, O_WRONLY | O_CREAT, 0o644)
            defer { close(descriptor) }
            guard descriptor >= 0, ftruncate(descriptor, off_t(size)) == 0 else {
                throw systemError("cannot write \(path)")
            }
        }
        let summary = try await FlowRunner(store: store).run(FlowGraph(name: "f", steps: [step]))
        try summary.check()
        #expect(try store.result(run: summary.run, step: "make")?.artifact("holes").size == size)
        #expect(try store.verify().isEmpty)
        #expect(SystemUse.now.peakMemory - before < size / 4)
    }
}
