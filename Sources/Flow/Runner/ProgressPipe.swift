import Core
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Progress on its way from a child process to its parent: one JSON array a line.
///
/// A line is written whole (it is shorter than a pipe's atomic size) or, if the parent reads too slowly, dropped: a
/// step never waits for its progress to be drawn.
struct ProgressPipe: ProgressReporting {
    /// The descriptor on which a child finds the writing end.
    static let descriptor: Int32 = 4

    /// In a child of a runner: the way to the parent; elsewhere nil.
    static func inChild() -> ProgressPipe? {
        guard getenv(Lifeline.variable) != nil, fcntl(descriptor, F_GETFD) >= 0 else { return nil }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        return ProgressPipe()
    }

    func begin(_ task: String) { send(["begin", .string(task)]) }

    func update(_ task: String, done: Int, total: Int?, unit: String, note: String) {
        send([
            "update", .string(task), .integer(Int64(done)), total.map { .integer(Int64($0)) } ?? .null,
            .string(unit), .string(note),
        ])
    }

    func end(_ task: String, summary: String) { send(["end", .string(task), .string(summary)]) }

    func note(_ message: String) { send(["note", .string(message)]) }

    private func send(_ message: JSONValue) {
        let line = Array((message.description + "\n").utf8)
        guard line.count <= 4096 else { return }
        _ = line.withUnsafeBytes { write(ProgressPipe.descriptor, $0.baseAddress!, $0.count) }
    }

    /// The parent's end.
    final class Reader: Sendable {
        private let descriptor: Int32
        private let rest = Mutex<[UInt8]>([])

        init(descriptor: Int32) {
            self.descriptor = descriptor
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        }

        func close() { _ = closeDescriptor(descriptor) }

        /// Hands on all that has come.
        func forward(to progress: any ProgressReporting) {
            var bytes = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(descriptor, &bytes, bytes.count)
                guard count > 0 else { return }
                let lines = rest.withLock { rest -> [String] in
                    rest += bytes[..<count]
                    guard let last = rest.lastIndex(of: 10) else { return [] }
                    defer { rest.removeFirst(last + 1) }
                    return String(decoding: rest[..<last], as: UTF8.self).split(separator: "\n").map(String.init)
                }
                for line in lines { hand(line, to: progress) }
            }
        }

        private func hand(_ line: String, to progress: any ProgressReporting) {
            guard let fields = (try? JSONValue(parsing: line))?.array else { return }
            let texts = fields.map { $0.string ?? "" }
            switch (texts.first, fields.count) {
            case ("begin", 2): progress.begin(texts[1])
            case ("update", 6):
                progress.update(
                    texts[1], done: fields[2].integer ?? 0, total: fields[3].integer, unit: texts[4], note: texts[5])
            case ("end", 3): progress.end(texts[1], summary: texts[2])
            case ("note", 2): progress.note(texts[1])
            default: break
            }
        }
    }
}

private func closeDescriptor(_ descriptor: Int32) -> Int32 { close(descriptor) }
