import Core
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// An exclusive lock on a file, which the operating system gives back when the holder dies.
final class FileLock: StoreLock {
    private let descriptor: Mutex<Int32?>

    /// - Throws: `busy` with the holder's process id if someone else has it, `system`.
    init(path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw systemError("cannot open the lock \(path)") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            var text = [UInt8](repeating: 0, count: 20)
            let count = read(descriptor, &text, text.count)
            close(descriptor)
            guard number == EWOULDBLOCK else { throw systemError("cannot take the lock \(path)", number: number) }
            let holder = count > 0 ? "process \(String(decoding: text[..<count], as: UTF8.self))" : "another process"
            throw MartletError(
                .busy, "\(holder) holds the lock \(path)", hint: "wait until it has finished, or end it")
        }
        // Who holds it, for the message above. A full disk must not keep anyone from rolling back: ignore it.
        let owner = Array("\(getpid())".utf8)
        _ = ftruncate(descriptor, 0)
        _ = write(descriptor, owner, owner.count)
        self.descriptor = Mutex(descriptor)
    }

    deinit { descriptor.withLock { Self.give(&$0) } }

    func confirm() async throws {}

    func release() async { descriptor.withLock { Self.give(&$0) } }

    private static func give(_ descriptor: inout Int32?) {
        guard let held = descriptor.take() else { return }
        // A child that is being started holds a copy of the descriptor until it runs its own program: closing ours would
        // leave the lock to it for that long.
        flock(held, LOCK_UN)
        close(held)
    }
}
