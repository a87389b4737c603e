import Core
import Dispatch
import Synchronization

/// Reads a table's batches on a thread of its own, a group ahead of the one that is worked on.
///
/// Batches of some thousand rows are gathered into groups, so that work on a group is worth several threads.
final class TableReader: @unchecked Sendable {
    // Sendable: the stream is touched by `queue` alone, everything else lies under the mutex.

    private static let groupRows = 1 << 17
    private let stream: any TableStream
    private let queue = DispatchQueue(label: "martlet.table-reader")
    private let ready = DispatchSemaphore(value: 0)
    private let next = Mutex<Result<[Table], any Error>>(.success([]))

    /// Begins to read.
    init(_ stream: any TableStream) {
        self.stream = stream
        request()
    }

    /// The next batches, some 100,000 rows; empty at the end.
    func group() throws -> [Table] {
        ready.wait()
        let group = try next.withLock { $0 }.get()
        if group.isEmpty { ready.signal() } else { request() }
        return group
    }

    private func request() {
        queue.async { [self] in
            let result = Result { () throws -> [Table] in
                var tables: [Table] = []
                var rows = 0
                while rows < Self.groupRows, let table = try stream.next() {
                    if table.rowCount > 0 { tables.append(table) }
                    rows += table.rowCount
                }
                return tables
            }
            next.withLock { $0 = result }
            ready.signal()
        }
    }
}

/// A part of a batch: what one thread takes at a time.
struct BatchPiece: Sendable {
    /// Which batch of the group.
    let batch: Int
    /// Which of its rows.
    let rows: Range<Int>
    /// Where the batch begins among the group's rows.
    let start: Int

    /// Cuts a group into pieces.
    static func cut(_ columns: [Column], size: Int = 8192) -> [BatchPiece] {
        var pieces: [BatchPiece] = []
        var start = 0
        for (batch, column) in columns.enumerated() {
            for first in stride(from: 0, to: column.count, by: size) {
                pieces.append(
                    BatchPiece(batch: batch, rows: first..<min(first + size, column.count), start: start))
            }
            start += column.count
        }
        return pieces
    }
}

/// Checks that a table has the columns that a project names.
enum TableColumns {
    static func require(_ names: [String], in schema: Schema, table: String) throws {
        for name in names where schema.index(of: name) == nil {
            throw MartletError(
                .notFound, "the table '\(table)' has no column '\(name)'",
                hint: nearest(to: name, among: schema.names).map { "did you mean '\($0)'?" }
                    ?? "its columns are \(schema.names.joined(separator: ", "))")
        }
    }
}
