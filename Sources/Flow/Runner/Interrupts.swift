import Dispatch
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Runs `body`; SIGINT (Ctrl-C) and SIGTERM cancel its task, and a second one ends the process at once.
///
/// While it runs the process does not die of these signals; afterwards they do what they did before the program
/// changed anything.
public func withInterrupts<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T {
    let task = Task { try await body() }
    let count = Mutex(0)
    let queue = DispatchQueue(label: "flow.interrupts")
    let sources = [SIGINT, SIGTERM].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler {
            let isFirst = count.withLock { count in
                count += 1
                return count == 1
            }
            if isFirst { task.cancel() } else { _exit(128 + number) }
        }
        source.resume()
        return (number, source)
    }
    defer {
        for (number, source) in sources {
            source.cancel()
            signal(number, SIG_DFL)
        }
    }
    return try await withTaskCancellationHandler {
        try await task.value
    } onCancel: {
        task.cancel()
    }
}
