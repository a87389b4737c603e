import Foundation
import Synchronization

/// A `redis-server` of our own on a free loopback port, in a folder of its own; ended by its process id.
package final class RedisServer: Sendable {
    /// Whether Debian's `redis-server` and `redis-cli` are installed.
    package static let isInstalled = ["redis-server", "redis-cli"].allSatisfy { program(named: $0) != nil }

    /// One server for all tests that need no special one.
    package static let shared = Result { try RedisServer() }

    package let port: Int
    package let folder: String
    private let command: [String]
    private let arguments: [String]
    private let isEncrypted: Bool
    private let process: Mutex<Process?>

    /// Starts one.
    ///
    /// - Parameter command: the program and what stands before its own arguments; nil takes Debian's.
    package init(arguments: [String] = [], isEncrypted: Bool = false, command: [String]? = nil) throws {
        port = LoopbackPort.free()
        self.isEncrypted = isEncrypted
        self.arguments = arguments
        guard let command = command ?? program(named: "redis-server").map({ [$0] }) else {
            throw TestFault("redis-server is not installed")
        }
        self.command = command
        folder = "\(NSTemporaryDirectory())/martlet-redis-\(port)-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        process = Mutex(nil)
        try start()
    }

    package func start() throws {
        let server = Process()
        server.executableURL = URL(filePath: command[0])
        server.arguments =
            command.dropFirst() + (isEncrypted ? ["--port", "0", "--tls-port", "\(port)"] : ["--port", "\(port)"]) + [
                "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no",
            ]
            + arguments
        server.standardInput = FileHandle.nullDevice
        server.standardOutput = FileHandle.nullDevice
        server.standardError = FileHandle.nullDevice
        try server.run()
        RunningServers.add(server.processIdentifier, folder: folder)
        process.withLock { $0 = server }
    }

    /// Ends the server without a chance to say goodbye.
    package func kill() {
        guard let server = process.withLock({ $0.take() }) else { return }
        _ = Glibc.kill(server.processIdentifier, SIGKILL)
        server.waitUntilExit()
        RunningServers.remove(server.processIdentifier)
    }

    /// Stops the server where it stands: its connections stay, and nothing is answered.
    package func pause() { signal(SIGSTOP) }

    /// Lets a paused server go on.
    package func resume() { signal(SIGCONT) }

    private func signal(_ number: Int32) {
        process.withLock { if let server = $0 { _ = Glibc.kill(server.processIdentifier, number) } }
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Waits until the server listens, for a minute at most.
    package func waitUntilListening() async throws {
        for _ in 0..<2400 {
            guard process.withLock({ $0?.isRunning ?? false }) else {
                throw TestFault("redis-server ended at once; was port \(port) taken by another program?")
            }
            if LoopbackPort.listens(port) { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw TestFault("redis-server did not start on port \(port)")
    }

    /// What a command answers, as `redis-cli` prints it.
    @discardableResult package func ask(_ words: String...) async throws -> String {
        try await runProgram("redis-cli", ["-p", "\(port)"] + words).output
    }
}
