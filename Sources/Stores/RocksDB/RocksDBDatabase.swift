import CRocksDB
import Core

/// One open RocksDB folder.
final class RocksDBDatabase: @unchecked Sendable {
    // Sendable: the pointers are set once in `init` and RocksDB's handle may be used from any thread at once; the
    // handle is closed in `deinit`, when nobody else can hold it.

    let handle: OpaquePointer
    let path: String
    private let options: OpaquePointer
    let readOptions: OpaquePointer
    /// Reads everything once: without checks of the cache, and leaving the cache to those who serve.
    let scanOptions: OpaquePointer
    let writeOptions: OpaquePointer

    /// Opens a folder for bulk writing (it is created) or for reading only.
    init(path: String, forWriting: Bool, settings: RocksDBOptions, cache: OpaquePointer) throws {
        self.path = path
        let options = Self.makeOptions(settings, cache: cache, forWriting: forWriting)
        self.options = options
        do {
            let opened = try RocksDBError.check("cannot open \(path)") { error in
                forWriting ? rocksdb_open(options, path, error) : rocksdb_open_for_read_only(options, path, 0, error)
            }
            guard let opened else { throw MartletError(.system, "cannot open \(path)") }
            handle = opened
        } catch {
            rocksdb_options_destroy(options)
            throw error
        }
        readOptions = rocksdb_readoptions_create()
        scanOptions = rocksdb_readoptions_create()
        rocksdb_readoptions_set_fill_cache(scanOptions, 0)
        rocksdb_readoptions_set_verify_checksums(scanOptions, 1)
        rocksdb_readoptions_set_readahead_size(scanOptions, 2 << 20)
        writeOptions = rocksdb_writeoptions_create()
        // A version that was not finished is thrown away whole, so its writes need no log: `finish` flushes them.
        rocksdb_writeoptions_disable_WAL(writeOptions, 1)
    }

    deinit {
        rocksdb_close(handle)
        rocksdb_readoptions_destroy(readOptions)
        rocksdb_readoptions_destroy(scanOptions)
        rocksdb_writeoptions_destroy(writeOptions)
        rocksdb_options_destroy(options)
    }

    private static func makeOptions(_ settings: RocksDBOptions, cache: OpaquePointer, forWriting: Bool) -> OpaquePointer
    {
        let options = rocksdb_options_create()!
        let table = rocksdb_block_based_options_create()!
        rocksdb_block_based_options_set_block_cache(table, cache)
        // The table takes over the filter policy.
        rocksdb_block_based_options_set_filter_policy(
            table, rocksdb_filterpolicy_create_bloom_full(Double(settings.bloomBits)))
        rocksdb_block_based_options_set_format_version(table, 5)
        rocksdb_block_based_options_set_block_size(table, 4096)
        // Single keys are looked up, never ranges: a hash index inside each block spares the binary search.
        rocksdb_block_based_options_set_data_block_index_type(
            table, Int32(rocksdb_block_based_table_data_block_index_type_binary_search_and_hash))
        rocksdb_block_based_options_set_data_block_hash_ratio(table, 0.75)
        rocksdb_options_set_block_based_table_factory(options, table)
        rocksdb_block_based_options_destroy(table)

        rocksdb_options_set_compression(options, settings.compression.code)
        // All files are opened at once and stay open: a reader then outlives the removal of its version.
        rocksdb_options_set_max_open_files(options, -1)
        rocksdb_options_set_info_log_level(options, 3)
        rocksdb_options_set_keep_log_file_num(options, 1)
        guard forWriting else { return options }

        rocksdb_options_set_create_if_missing(options, 1)
        // Bulk load: sort in memory, write each run once, merge all runs in one compaction at the end.
        rocksdb_options_set_memtable_vector_rep(options)
        rocksdb_options_set_allow_concurrent_memtable_write(options, 0)
        rocksdb_options_set_write_buffer_size(options, settings.writeBufferMegabytes << 20)
        rocksdb_options_set_max_write_buffer_number(options, 3)
        rocksdb_options_set_disable_auto_compactions(options, 1)
        rocksdb_options_set_level0_slowdown_writes_trigger(options, 1 << 30)
        rocksdb_options_set_level0_stop_writes_trigger(options, 1 << 30)
        rocksdb_options_set_soft_pending_compaction_bytes_limit(options, 0)
        rocksdb_options_set_hard_pending_compaction_bytes_limit(options, 0)
        rocksdb_options_set_max_background_jobs(options, 3)
        rocksdb_options_set_max_subcompactions(options, 2)
        rocksdb_options_set_target_file_size_base(options, 256 << 20)
        return options
    }
}

extension RocksDBOptions.Compression {
    var code: Int32 {
        switch self {
        case .none: Int32(rocksdb_no_compression)
        case .lz4: Int32(rocksdb_lz4_compression)
        case .zstd: Int32(rocksdb_zstd_compression)
        }
    }
}
