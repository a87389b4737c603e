import FoundationEssentials
import Synchronization
import Warehouse

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A process started for tests, most of them servers on a free loopback port; it is ended by its process id.
final class ServerProcess: Sendable {
    let port: Int
    let pid: pid_t
    private let isStopped = Mutex(false)

    /// Starts `command` with `$PORT` set; its output goes to `log`.
    init(_ command: String, port: Int, log: String) throws {
        self.port = port
        var pid = pid_t()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // Other tests' pipes would stay open as long as the server lives.
        let alone = #"for f in /dev/fd/*; do f=${f##*/}; [ "$f" -gt 2 ] && eval "exec $f>&-"; done"#
        let words: [String] = ["/bin/bash", "-c", "\(alone); exec \(command)"]
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        let code = posix_spawn(&pid, "/bin/bash", &actions, nil, arguments, environ)
        guard code == 0 else { throw CocoaError(.fileNoSuchFile) }
        self.pid = pid
    }

    deinit { stop(SIGINT) }

    /// Asks the server to end, and ends it after ten seconds: one may wait for connections that a driver keeps.
    func stop(_ signal: Int32) {
        let first = isStopped.withLock { stopped in
            defer { stopped = true }
            return !stopped
        }
        guard first else { return }
        kill(pid, signal)
        var status: Int32 = 0
        for _ in 0..<100 {
            if waitpid(pid, &status, WNOHANG) != 0 { return }
            usleep(100_000)
        }
        kill(pid, SIGKILL)
        waitpid(pid, &status, 0)
    }

    /// Runs a command to its end; after `seconds` it is ended.
    ///
    /// - Returns: its exit status, or nil if it was ended.
    static func run(_ command: String, log: String, within seconds: Double) throws -> Int32? {
        let process = try ServerProcess(command, port: 0, log: log)
        let deadline = ContinuousClock.now + .seconds(seconds)
        var status: Int32 = 0
        while ContinuousClock.now < deadline {
            if waitpid(process.pid, &status, WNOHANG) != 0 {
                process.isStopped.withLock { $0 = true }
                return status & 0x7f == 0 ? status >> 8 & 0xff : nil
            }
            usleep(50_000)
        }
        process.stop(SIGTERM)
        return nil
    }

    /// A port on which nobody listens now.
    static func freePort() -> Int {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(socket, $0, length)
                _ = getsockname(socket, $0, &length)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Runs a command to its end.
    static func run(_ command: String) -> Bool { system(command) == 0 }

    /// Connects once the server answers, within `seconds`.
    static func connect(_ configuration: WarehouseConfiguration, within seconds: Double) throws -> Connection {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            do {
                return try Warehouse(configuration).connect()
            } catch {
                if ContinuousClock.now > deadline { throw error }
                usleep(200_000)
            }
        }
    }
}

/// Waiting in a test.
enum Thread {
    static func pause(milliseconds: Int) { usleep(UInt32(milliseconds) * 1000) }
}
