import CRocksDB
import Core
import Synchronization

/// Bulk-loads one RocksDB folder.
final class RocksDBNamespaceWriter: NamespaceWriter {
    let name: String
    private let store: RocksDBStore
    private let path: String
    private let database: Mutex<RocksDBDatabase?>

    init(name: String, path: String, database: RocksDBDatabase, store: RocksDBStore) {
        self.name = name
        self.path = path
        self.store = store
        self.database = Mutex(database)
    }

    private func open() throws -> RocksDBDatabase {
        guard let database = database.withLock({ $0 }) else {
            throw MartletError(.invalidData, "'\(name)' is finished and takes no more entries")
        }
        return database
    }

    func write(_ batch: KeyValueBatch) async throws {
        let database = try open()
        let writes = rocksdb_writebatch_create()
        defer { rocksdb_writebatch_destroy(writes) }
        batch.forEach { key, value in
            rocksdb_writebatch_put(
                writes, key.baseAddress?.assumingMemoryBound(to: CChar.self), key.count,
                value.baseAddress?.assumingMemoryBound(to: CChar.self), value.count)
        }
        try RocksDBError.check("cannot write \(path)") {
            rocksdb_write(database.handle, database.writeOptions, writes, $0)
        }
    }

    func delete(_ keys: [[UInt8]]) async throws {
        let database = try open()
        for key in keys {
            try RocksDBError.check("cannot write \(path)") { error in
                key.withUnsafeBytes {
                    rocksdb_delete(
                        database.handle, database.writeOptions, $0.baseAddress?.assumingMemoryBound(to: CChar.self),
                        $0.count, error)
                }
            }
        }
    }

    func finish() async throws {
        let database = try open()
        let flush = rocksdb_flushoptions_create()
        defer { rocksdb_flushoptions_destroy(flush) }
        rocksdb_flushoptions_set_wait(flush, 1)
        try RocksDBError.check("cannot write \(path)") { rocksdb_flush(database.handle, flush, $0) }
        // One sorted run: a lookup then asks one Bloom filter and reads one block.
        rocksdb_compact_range(database.handle, nil, 0, nil, 0)
        // A compaction reports its faults here and nowhere else.
        var faults: UInt64 = 0
        if rocksdb_property_int(database.handle, "rocksdb.background-errors", &faults) == 0, faults > 0 {
            throw MartletError(
                .outOfSpace, "cannot put the runs of \(path) together",
                hint: "free some space on the disk (twice the size of one version) and publish again")
        }
        self.database.withLock { $0 = nil }
    }

    func cancel() async {
        database.withLock { $0 = nil }
        try? await store.drop(namespace: name)
    }
}
