import Core
import Foundation
import Synchronization
import TestSupport

/// `martlet serve` as a process of its own that can be killed and started again on the same port.
final class FaultServer: Sendable {
    let project: String
    let port: Int
    private let process = Mutex<Process?>(nil)
    private let worst = Mutex(0.0)

    init(project: String) {
        self.project = project
        port = LoopbackPort.free()
    }

    deinit { kill() }

    /// Starts it and waits until it is ready.
    func start() async throws {
        let log = "\(project)/server.log"
        if !FileManager.default.fileExists(atPath: log) {
            _ = FileManager.default.createFile(atPath: log, contents: nil)
        }
        let errors = try FileHandle(forWritingTo: URL(filePath: log))
        errors.seekToEndOfFile()
        let server = Process()
        server.executableURL = URL(filePath: Program.path)
        server.arguments = ["serve", "--project", project, "--port", "\(port)"]
        server.standardInput = FileHandle.nullDevice
        server.standardOutput = FileHandle.nullDevice
        server.standardError = errors
        try server.run()
        RunningServers.add(server.processIdentifier, folder: "")
        process.withLock { $0 = server }
        for _ in 0..<1200 {
            guard server.isRunning else { throw TestFault("the server ended before it was ready: \(lastWords)") }
            if (try? LoopbackConnection(port: port).ask("GET", "/readyz"))?.status == 200 { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw TestFault("the server is not ready after 30 s: \(lastWords)")
    }

    /// Ends it without a chance to say goodbye.
    func kill() {
        notePeak()
        guard let server = process.withLock({ $0.take() }) else { return }
        Glibc.kill(server.processIdentifier, SIGKILL)
        server.waitUntilExit()
        RunningServers.remove(server.processIdentifier)
    }

    /// Ends it in order; whether it was still there and ended without an error.
    func stop() -> Bool {
        notePeak()
        guard let server = process.withLock({ $0.take() }) else { return false }
        let wasRunning = server.isRunning
        server.terminate()
        server.waitUntilExit()
        RunningServers.remove(server.processIdentifier)
        return wasRunning && server.terminationReason == .exit && server.terminationStatus == 0
    }

    /// Whether a user is answered with the user's own list.
    func hasOwnList(_ user: String) throws -> Bool {
        let answer = try LoopbackConnection(port: port).ask("GET", "/v1/recommendations/\(user)")
        return answer.status == 200 && answer.json["fallback"] == nil
    }

    /// The end of what it logged.
    var lastWords: String {
        let text = (try? String(contentsOfFile: "\(project)/server.log", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(3).joined(separator: "\n")
    }

    /// The memory in use, in MB.
    var residentMegabytes: Double { status("VmRSS") }

    /// The most memory that any of its processes used, in MB.
    var peakMegabytes: Double {
        notePeak()
        return worst.withLock { $0 }
    }

    /// Open files and sockets.
    var descriptors: Int {
        guard let number = process.withLock({ $0?.processIdentifier }) else { return 0 }
        return (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(number)/fd").count) ?? 0
    }

    private func notePeak() {
        let peak = status("VmHWM")
        worst.withLock { $0 = max($0, peak) }
    }

    private func status(_ name: String) -> Double {
        guard let number = process.withLock({ $0?.processIdentifier }),
            let text = try? String(contentsOfFile: "/proc/\(number)/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("\(name):") })
        else { return 0 }
        return (Double(line.filter(\.isNumber)) ?? 0) / 1024
    }
}
