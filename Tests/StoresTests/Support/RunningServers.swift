import Foundation
import Synchronization

/// The servers that still run, and their folders; whatever happens, none of them outlives the tests.
enum RunningServers {
    private static let running = Mutex<[Int32: String]>([:])
    private static let atEnd: Void = {
        atexit {
            RunningServers.running.withLock { running in
                for (process, folder) in running {
                    kill(process, SIGKILL)
                    try? FileManager.default.removeItem(atPath: folder)
                }
            }
        }
    }()

    static func add(_ process: Int32, folder: String) {
        _ = atEnd
        running.withLock { $0[process] = folder }
    }

    static func remove(_ process: Int32) { running.withLock { _ = $0.removeValue(forKey: process) } }
}
