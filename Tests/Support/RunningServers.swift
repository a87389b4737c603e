import Foundation
import Synchronization

/// The servers that still run, and their folders; whatever happens, none of them outlives the tests.
package enum RunningServers {
    private static let running = Mutex<(servers: [Int32: String], folders: [String])>(([:], []))
    private static let atEnd: Void = {
        atexit {
            RunningServers.running.withLock { running in
                for process in running.servers.keys where process > 0 { kill(process, SIGKILL) }
                for folder in running.servers.values + running.folders where !folder.isEmpty {
                    try? FileManager.default.removeItem(atPath: folder)
                }
            }
        }
    }()

    /// Ends a server with the tests, and removes its folder.
    package static func add(_ process: Int32, folder: String) {
        _ = atEnd
        running.withLock { $0.servers[process] = folder }
    }

    /// Forgets a server that has ended.
    package static func remove(_ process: Int32) { running.withLock { _ = $0.servers.removeValue(forKey: process) } }

    /// Removes a folder with the tests' end.
    package static func addFolder(_ folder: String) {
        _ = atEnd
        running.withLock { $0.folders.append(folder) }
    }
}
