import CRocksDB
import Core
import FoundationEssentials
import Synchronization

/// Features in a folder of this machine, on RocksDB, changed in place.
///
/// One process has the folder open for writing, others read what it had written when they opened it. A write is in the
/// log before it is acknowledged: it outlives the death of the process, though not of the machine in the same second.
public final class RocksDBOnlineStore: OnlineStore, @unchecked Sendable {
    // Sendable: the pointers are set once in `init` and RocksDB's handle may be used from any thread at once; the handle
    // is closed in `deinit`, when nobody else can hold it. Writes, which read before, hold `writing`.

    private let path: String
    private let keyTTL: Int?
    private let isReadOnly: Bool
    private let clock: @Sendable () -> FeatureTimestamp
    private let writing = Mutex(())
    private let changes = FeatureChanges(isHeard: true)
    private let handle: OpaquePointer
    private let options: OpaquePointer
    private let readOptions = rocksdb_readoptions_create()
    private let writeOptions = rocksdb_writeoptions_create()

    /// Opens the folder; it is made if it does not exist and the store is opened for writing.
    ///
    /// - Parameters:
    ///   - keyTTL: seconds after its last write at which a record is forgotten; nil: never.
    ///   - clock: tells the time; the system's unless a test has another.
    /// - Throws: `busy` if another process has it open for writing, `notFound` if it is opened for reading and does not
    ///   exist, `corrupted`, `system`.
    public init(
        path: String, options settings: RocksDBOptions = RocksDBOptions(), keyTTL: Int? = nil, readOnly: Bool = false,
        clock: @escaping @Sendable () -> FeatureTimestamp = { .now }
    ) throws {
        self.path = path
        self.keyTTL = keyTTL
        self.clock = clock
        isReadOnly = readOnly
        if readOnly {
            guard FileManager.default.fileExists(atPath: path) else {
                throw MartletError(
                    .notFound, "there are no features at \(path)", hint: "write some: martlet features materialize")
            }
        } else {
            do {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            } catch {
                throw MartletError(
                    .system, "cannot make the folder \(path)", hint: "check who owns the folder above it",
                    underlying: error)
            }
        }
        let options = Self.makeOptions(settings)
        do {
            let opened = try RocksDBError.check("cannot open \(path)") { error in
                readOnly ? rocksdb_open_for_read_only(options, path, 0, error) : rocksdb_open(options, path, error)
            }
            guard let opened else { throw MartletError(.system, "cannot open \(path)") }
            handle = opened
            self.options = options
        } catch {
            rocksdb_options_destroy(options)
            throw error
        }
    }

    deinit {
        rocksdb_close(handle)
        rocksdb_options_destroy(options)
        rocksdb_readoptions_destroy(readOptions)
        rocksdb_writeoptions_destroy(writeOptions)
    }

    /// See ``OnlineStore/summary``.
    public var summary: String { "rocksdb at \(path)" }

    /// See ``OnlineStore/isImmediate``.
    public var isImmediate: Bool { true }

    /// See ``OnlineStore/read(_:)``.
    public func read(_ groups: [OnlineRead]) async throws -> [[OnlineRecord]] {
        let now = clock().seconds
        return try groups.map { group in
            let places = group.views.map(\.places)
            var records: [OnlineRecord] = []
            records.reserveCapacity(group.keys.count * group.views.count)
            for key in group.keys {
                for (view, places) in zip(group.views, places) {
                    let record = try lend(Self.key(key, view.name)) {
                        StoredRecord.read($0, places: places, count: view.fields.count, now: now)
                    }
                    records.append(record ?? OnlineRecord(values: Array(repeating: nil, count: view.fields.count)))
                }
            }
            return records
        }
    }

    /// See ``OnlineStore/write(_:view:fields:)``.
    public func write(_ rows: [OnlineRow], view: String, fields: [UInt32]) async throws -> OnlineWriteCount {
        guard !isReadOnly else {
            throw MartletError(.invalidConfiguration, "\(summary) is open for reading only")
        }
        let now = clock().seconds
        defer { changes.tell(rows.map(\.key)) }
        return try writing.withLock { _ in
            var stored: [[UInt8]: StoredRecord] = [:]
            let moments = try rows.map { row in
                if stored[row.key] == nil {
                    stored[row.key] = try lend(Self.key(row.key, view)) { StoredRecord(decoding: $0) }?
                        .unlessForgotten(now)
                }
                return stored[row.key]?.timestamp
            }
            let newest = NewestRows(rows, stored: moments)
            let batch = rocksdb_writebatch_create()
            defer { rocksdb_writebatch_destroy(batch) }
            for row in newest.rows {
                let record = StoredRecord(stored[row.key], row, fields: fields, now: now, keyTTL: keyTTL).encoded
                Self.key(row.key, view).withUnsafeBytes { key in
                    record.withUnsafeBytes { record in
                        rocksdb_writebatch_put(
                            batch, key.baseAddress?.assumingMemoryBound(to: CChar.self), key.count,
                            record.baseAddress?.assumingMemoryBound(to: CChar.self), record.count)
                    }
                }
            }
            try RocksDBError.check("cannot write \(path)") { rocksdb_write(handle, writeOptions, batch, $0) }
            return newest.count
        }
    }

    /// See ``OnlineStore/changes(prefix:)``. All of them are told. What is forgotten after a while changes without a word.
    public func changes(prefix: [UInt8]) -> FeatureChanges? { keyTTL == nil ? changes : nil }

    /// See ``OnlineStore/checkHealth()``.
    public func checkHealth() async throws {
        guard FileManager.default.fileExists(atPath: path) else {
            throw MartletError(.unavailable, "the folder \(path) is gone", hint: "mount it again")
        }
    }

    /// See ``OnlineStore/close()``. The folder is free when the last reference to the store goes.
    public func close() async {}

    /// Lends the value of a key; nil if there is none.
    ///
    /// - Throws: `corrupted` if `body` finds no record in it.
    private func lend<Record>(_ key: [UInt8], _ body: (UnsafeRawBufferPointer) -> Record?) throws -> Record? {
        let slice = try RocksDBError.check("cannot read \(path)") { error in
            key.withUnsafeBytes {
                rocksdb_get_pinned(
                    handle, readOptions, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, error)
            }
        }
        guard let slice else { return nil }
        defer { rocksdb_pinnableslice_destroy(slice) }
        var length = 0
        let bytes = rocksdb_pinnableslice_value(slice, &length)
        guard let record = body(UnsafeRawBufferPointer(start: bytes, count: length)) else {
            throw MartletError(
                .corrupted, "\(path) holds something else than a record of features",
                hint: "remove the folder and fill it again: martlet features materialize")
        }
        return record
    }

    /// The entity's key with its length in front, so that no view's name can run into it.
    private static func key(_ key: [UInt8], _ view: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 + key.count + view.utf8.count)
        withUnsafeBytes(of: UInt32(key.count).bigEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: key)
        bytes.append(contentsOf: view.utf8)
        return bytes
    }

    private static func makeOptions(_ settings: RocksDBOptions) -> OpaquePointer {
        let options = rocksdb_options_create()!
        let table = rocksdb_block_based_options_create()!
        let cache = rocksdb_cache_create_lru(settings.cacheMegabytes << 20)
        // The table keeps the cache and takes over the filter policy.
        rocksdb_block_based_options_set_block_cache(table, cache)
        rocksdb_cache_destroy(cache)
        rocksdb_block_based_options_set_filter_policy(
            table, rocksdb_filterpolicy_create_bloom_full(Double(settings.bloomBits)))
        rocksdb_block_based_options_set_format_version(table, 5)
        rocksdb_options_set_block_based_table_factory(options, table)
        rocksdb_block_based_options_destroy(table)
        rocksdb_options_set_compression(options, settings.compression.code)
        rocksdb_options_set_create_if_missing(options, 1)
        rocksdb_options_set_write_buffer_size(options, settings.writeBufferMegabytes << 20)
        rocksdb_options_set_info_log_level(options, 3)
        rocksdb_options_set_keep_log_file_num(options, 1)
        rocksdb_options_set_max_background_jobs(options, 2)
        return options
    }
}
