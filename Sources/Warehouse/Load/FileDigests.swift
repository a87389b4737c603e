import Dispatch
import FoundationEssentials
import Synchronization

/// The digests of a delivery's files, taken on a thread of their own while the database reads the same files.
final class FileDigests: Sendable {
    private let result = Mutex<Result<[SourceFile], any Error>?>(nil)
    private let isCancelled = Atomic(false)
    private let ended = DispatchGroup()

    /// Begins with the first file.
    init(of paths: [String]) {
        ended.enter()
        DispatchQueue.global(qos: .userInitiated).async { [self] in
            let found = Result {
                try paths.map { try SourceFile(path: $0) { !isCancelled.load(ordering: .relaxed) } }
            }
            result.withLock { $0 = found }
            ended.leave()
        }
    }

    /// Waits for the last file.
    ///
    /// - Throws: what ``SourceFile/init(path:while:)`` throws.
    func wait() throws -> [SourceFile] {
        ended.wait()
        return try result.withLock { try $0!.get() }
    }

    /// Stops: nobody will ask.
    func cancel() { isCancelled.store(true, ordering: .relaxed) }
}
