import Core
import Stores
import Warehouse

/// The events of a log as rows for the warehouse, from where an earlier load stopped.
///
/// Lines that are being written are left for the next load; a closed segment that was read to its end is not opened
/// again.
final class EventRows: GrowingRows {
    /// The columns of the table. `user` and `time` are words of SQL: the columns have longer names.
    static let columns = Schema([
        ColumnSchema("event_id", .string), ColumnSchema("kind", .string), ColumnSchema("user_id", .string),
        ColumnSchema("item_id", .string), ColumnSchema("event_time", .timestamp), ColumnSchema("request_id", .string),
        ColumnSchema("received_at", .timestamp), ColumnSchema("_file", .string),
    ])
    let schema: Schema = EventRows.columns
    /// About how many bytes of a segment make one batch of rows.
    private static let batchBytes = 8 << 20

    let key = "event_id"
    private(set) var places: [String: Int]
    private(set) var faults: [(file: String, reason: String)] = []
    private var rest: ArraySlice<EventSegment>

    /// Begins behind `places`, bytes by file name.
    init(folder: String, after places: [String: Int]) {
        self.places = places
        rest = EventSegment.all(in: folder)[...]
    }

    func next() throws -> Table? {
        while let segment = rest.first {
            let start = places[segment.name] ?? 0
            var records: [EventRecord] = []
            let reading = try segment.read(from: start, limit: Self.batchBytes) { records.append($0) }
            faults += reading.faults.map { (segment.path, $0.message) }
            if reading.end == start {
                rest.removeFirst()
                continue
            }
            places[segment.name] = reading.end
            if !records.isEmpty { return try Self.table(records, file: segment.name) }
        }
        return nil
    }

    /// The rows of a folder, or of a stream in Redis.
    ///
    /// - Throws: for a stream `unavailable`, `unauthorized`, `invalidConfiguration`.
    static func open(_ place: String, after places: [String: Int]) throws -> any GrowingRows {
        guard place.hasPrefix("redis://") || place.hasPrefix("rediss://") else {
            return EventRows(folder: place, after: places)
        }
        return try StreamedEventRows(url: place, after: places)
    }

    /// Records as rows.
    static func table(_ records: [EventRecord], file: String) throws -> Table {
        try Table(
            schema: columns,
            columns: [
                Column(strings: records.map(\.event.id)), Column(strings: records.map(\.event.kind.rawValue)),
                Column(strings: records.map(\.event.user)), Column(strings: records.map(\.event.item)),
                Column(timestamps: records.map(\.event.time)), Column(strings: records.map(\.event.request)),
                Column(timestamps: records.map(\.received)), Column(strings: records.map { _ in file }),
            ])
    }
}
