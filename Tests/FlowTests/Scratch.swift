import Core
import Flow
import FoundationEssentials
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A folder of its own for one test, removed at the end.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/flow-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func store() throws -> RunStore { try RunStore(folder: "\(path)/runs") }
}

/// Counts how often each body ran.
final class Counter: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    func add(_ name: String) { counts.withLock { $0[name, default: 0] += 1 } }

    func callAsFunction(_ name: String) -> Int { counts.withLock { $0[name] ?? 0 } }
}

/// Keeps the lines of progress.
final class Lines: ProgressReporting {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func begin(_ task: String) { add("begin \(task)") }
    func update(_ task: String, done: Int, total: Int?, unit: String, note: String) {
        add("update \(task) \(done)/\(total ?? -1) \(unit) \(note)")
    }
    func end(_ task: String, summary: String) { add("end \(task): \(summary)") }
    func note(_ message: String) { add("note \(message)") }

    private func add(_ line: String) { lines.withLock { $0.append(line) } }
}

func contents(_ path: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
        throw MartletError(.notFound, "no file at \(path)")
    }
    return String(decoding: data, as: UTF8.self)
}

func overwrite(_ path: String, _ text: String) throws {
    // In place, through the same file, as a broken disk or a careless program would.
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    let handle = fopen(path, "r+")
    guard let handle else { throw systemError("cannot open \(path)") }
    defer { fclose(handle) }
    fputs(text, handle)
}
