import Foundation
import Stores
import Synchronization
import Testing

/// A `redis-server` of our own on a free loopback port, in a folder of its own; ended by its process id.
final class RedisServer: Sendable {
    /// Whether Debian's `redis-server` and `redis-cli` are installed.
    static let isInstalled = ["redis-server", "redis-cli"].allSatisfy { program(named: $0) != nil }

    /// One server for all tests that need no special one.
    static let shared = Result { try RedisServer() }

    let port: Int
    let folder: String
    private let arguments: [String]
    private let isEncrypted: Bool
    private let process: Mutex<Process?>

    var endpoint: RedisEndpoint { RedisEndpoint(host: "127.0.0.1", port: port) }
    var configuration: RedisConfiguration { RedisConfiguration(endpoints: [endpoint]) }

    init(arguments: [String] = [], isEncrypted: Bool = false) throws {
        port = Self.freePort()
        self.isEncrypted = isEncrypted
        self.arguments = arguments
        folder = "\(NSTemporaryDirectory())/martlet-redis-\(port)-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        process = Mutex(nil)
        try start()
    }

    func start() throws {
        let server = Process()
        server.executableURL = URL(filePath: try #require(program(named: "redis-server")))
        server.arguments =
            (isEncrypted ? ["--port", "0", "--tls-port", "\(port)"] : ["--port", "\(port)"]) + [
                "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no",
            ]
            + arguments
        server.standardOutput = FileHandle.nullDevice
        server.standardError = FileHandle.nullDevice
        try server.run()
        RunningServers.add(server.processIdentifier, folder: folder)
        process.withLock { $0 = server }
    }

    /// Ends the server without a chance to say goodbye.
    func kill() {
        guard let server = process.withLock({ $0.take() }) else { return }
        _ = Glibc.kill(server.processIdentifier, SIGKILL)
        server.waitUntilExit()
        RunningServers.remove(server.processIdentifier)
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Waits until the server listens, for a minute at most.
    func waitUntilListening() async throws {
        for _ in 0..<2400 {
            let isRunning = process.withLock { $0?.isRunning ?? false }
            try #require(isRunning, "redis-server ended at once; was port \(port) taken by another program?")
            if Self.listens(port) { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        Issue.record("redis-server did not start on port \(port)")
    }

    static func listens(_ port: Int) -> Bool {
        withSocket(port) { descriptor, address, length in connect(descriptor, address, length) == 0 }
    }

    /// A port on which nobody listens, and neither on the one 10,000 above it, where a cluster's nodes talk; both below
    /// 32,768, where Linux begins to give out ports by itself.
    static func freePort() -> Int {
        while true {
            let port = Int.random(in: 12_000..<22_000)
            let isFree = [port, port + 10_000].allSatisfy { port in
                withSocket(port) { descriptor, address, length in bind(descriptor, address, length) == 0 }
            }
            if isFree { return port }
        }
    }

    private static func withSocket(
        _ port: Int, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool
    ) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

/// The path of a program, or nil if it is not installed.
func program(named name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":").map { "\($0)/\(name)" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
}

/// Runs a program to its end and returns what it printed.
func runProgram(_ name: String, _ arguments: [String]) async throws -> (status: Int32, output: String) {
    try await runProgram(at: #require(program(named: name)), arguments)
}

/// Runs a program to its end and returns what it printed.
func runProgram(at executable: String, _ arguments: [String]) async throws -> (status: Int32, output: String) {
    try await withCheckedThrowingContinuation { continuation in
        // On a thread of its own: one that waits here must not keep the other tests from running.
        Thread.detachNewThread {
            continuation.resume(
                with: Result {
                    let process = Process()
                    process.executableURL = URL(filePath: executable)
                    process.arguments = arguments
                    let output = Pipe()
                    process.standardInput = FileHandle.nullDevice
                    process.standardOutput = output
                    process.standardError = output
                    try process.run()
                    let data = output.fileHandleForReading.readDataToEndOfFile()
                    process.waitUntilExit()
                    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
                })
        }
    }
}
