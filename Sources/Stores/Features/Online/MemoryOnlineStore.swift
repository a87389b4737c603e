import Synchronization

/// Features in this process's memory: for tests, and for a demo that needs nothing else.
public final class MemoryOnlineStore: OnlineStore {
    private struct Place: Hashable {
        var key: [UInt8]
        var view: String
    }

    private let keyTTL: Int?
    private let clock: @Sendable () -> FeatureTimestamp
    private let records = Mutex<[Place: [UInt8]]>([:])
    private let changes = FeatureChanges(isHeard: true)

    /// Makes an empty store.
    ///
    /// - Parameters:
    ///   - keyTTL: seconds after its last write at which a record is forgotten; nil: never.
    ///   - clock: tells the time; the system's unless a test has another.
    public init(keyTTL: Int? = nil, clock: @escaping @Sendable () -> FeatureTimestamp = { .now }) {
        self.keyTTL = keyTTL
        self.clock = clock
    }

    /// See ``OnlineStore/summary``.
    public var summary: String { "memory" }

    /// See ``OnlineStore/isImmediate``.
    public var isImmediate: Bool { true }

    /// See ``OnlineStore/read(_:)``.
    public func read(_ groups: [OnlineRead]) async throws -> [[OnlineRecord]] {
        let now = clock().seconds
        return records.withLock { records in
            groups.map { group in
                let places = group.views.map(\.places)
                return group.keys.flatMap { key in
                    zip(group.views, places).map { view, places in
                        let stored = records[Place(key: key, view: view.name)]
                        return stored?.withUnsafeBytes {
                            StoredRecord.read($0, places: places, count: view.fields.count, now: now)
                        } ?? OnlineRecord(values: Array(repeating: nil, count: view.fields.count))
                    }
                }
            }
        }
    }

    /// See ``OnlineStore/write(_:view:fields:)``.
    public func write(_ rows: [OnlineRow], view: String, fields: [UInt32]) async throws -> OnlineWriteCount {
        let now = clock().seconds
        defer { changes.tell(rows.map(\.key)) }
        return records.withLock { records in
            let stored = rows.map { row -> StoredRecord? in
                let bytes = records[Place(key: row.key, view: view)]
                return bytes?.withUnsafeBytes { StoredRecord(decoding: $0) }?.unlessForgotten(now)
            }
            let newest = NewestRows(rows, stored: stored.map { $0?.timestamp })
            for row in newest.rows {
                let place = Place(key: row.key, view: view)
                let before = records[place]?.withUnsafeBytes { StoredRecord(decoding: $0) }?.unlessForgotten(now)
                records[place] = StoredRecord(before, row, fields: fields, now: now, keyTTL: keyTTL).encoded
            }
            return newest.count
        }
    }

    /// See ``OnlineStore/changes(prefix:)``. All of them are told. What is forgotten after a while changes without a word.
    public func changes(prefix: [UInt8]) -> FeatureChanges? { keyTTL == nil ? changes : nil }

    /// See ``OnlineStore/checkHealth()``.
    public func checkHealth() async throws {}

    /// See ``OnlineStore/close()``.
    public func close() async {}
}

extension OnlineRead.View {
    /// For each hash the wanted feature's place.
    var places: [UInt32: Int] { Dictionary(zip(fields, fields.indices)) { first, _ in first } }
}

extension StoredRecord {
    /// The record that a row leaves.
    init(_ before: StoredRecord?, _ row: OnlineRow, fields: [UInt32], now: Int64, keyTTL: Int?) {
        let expires = keyTTL.map { now + Int64($0) }
        self = before ?? StoredRecord(timestamp: row.timestamp, expires: expires)
        merge(row, fields: fields, expires: expires)
    }

    func unlessForgotten(_ now: Int64) -> StoredRecord? { expires.map { $0 <= now } == true ? nil : self }
}
