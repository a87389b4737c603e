import CRocksDB
import Core

/// Reads one RocksDB folder.
///
/// All its files are open from the start, so it keeps answering when the folder is removed.
struct RocksDBNamespaceReader: NamespaceReader {
    let name: String
    let database: RocksDBDatabase

    func get(_ key: [UInt8]) async throws -> [UInt8]? { try value(key) }

    func get(_ keys: [[UInt8]]) async throws -> [[UInt8]?] { try keys.map(value) }

    func read(_ key: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Void) async throws -> Bool {
        try lend(key, body)
    }

    private func value(_ key: [UInt8]) throws -> [UInt8]? {
        var value: [UInt8]?
        _ = try lend(key) { value = Array($0) }
        return value
    }

    /// Looks up a key: its value stays pinned in the block cache while `body` runs.
    private func lend(_ key: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
        let slice = try RocksDBError.check("cannot read \(database.path)") { error in
            key.withUnsafeBytes { key in
                rocksdb_get_pinned(
                    database.handle, database.readOptions, key.baseAddress?.assumingMemoryBound(to: CChar.self),
                    key.count, error)
            }
        }
        guard let slice else { return false }
        defer { rocksdb_pinnableslice_destroy(slice) }
        var length = 0
        let bytes = rocksdb_pinnableslice_value(slice, &length)
        try body(UnsafeRawBufferPointer(start: bytes, count: length))
        return true
    }

    func count() async throws -> Int {
        var count = 0
        try withIterator { iterator in
            while rocksdb_iter_valid(iterator) != 0 {
                count += 1
                rocksdb_iter_next(iterator)
            }
        }
        return count
    }

    func scan(_ body: @Sendable (KeyValueBatch) async throws -> Void) async throws {
        var last: [UInt8]?
        while true {
            // An iterator is not kept across `await`: each batch seeks to where the one before ended.
            let batch = try nextBatch(after: last)
            if batch.isEmpty { return }
            last = batch.key(batch.count - 1)
            try await body(batch)
        }
    }

    private func nextBatch(after last: [UInt8]?) throws -> KeyValueBatch {
        var batch = KeyValueBatch()
        try withIterator(from: last) { iterator in
            while rocksdb_iter_valid(iterator) != 0, batch.count < 16_384, batch.byteCount < 8 << 20 {
                var (keyLength, valueLength) = (0, 0)
                let key = rocksdb_iter_key(iterator, &keyLength)
                let value = rocksdb_iter_value(iterator, &valueLength)
                batch.append(
                    key: UnsafeRawBufferPointer(start: key, count: keyLength),
                    value: UnsafeRawBufferPointer(start: value, count: valueLength))
                rocksdb_iter_next(iterator)
            }
        }
        return batch
    }

    private func withIterator(from last: [UInt8]? = nil, _ body: (OpaquePointer) -> Void) throws {
        let iterator = rocksdb_create_iterator(database.handle, database.scanOptions)!
        defer { rocksdb_iter_destroy(iterator) }
        if let last {
            // The key right after `last` in byte order is `last` with a zero behind it.
            (last + [0]).withUnsafeBytes {
                rocksdb_iter_seek(iterator, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
            }
        } else {
            rocksdb_iter_seek_to_first(iterator)
        }
        body(iterator)
        try RocksDBError.check("cannot read \(database.path)") { rocksdb_iter_get_error(iterator, $0) }
    }
}
