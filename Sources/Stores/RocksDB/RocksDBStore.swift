import CRocksDB
import Core
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A store in a folder of this machine, on RocksDB.
///
/// Each namespace is a RocksDB folder of its own under `versions`, written by one process and read by any number of
/// others; pointers are small files under `pointers`, replaced by renaming; locks are files under `locks`.
public final class RocksDBStore: KeyValueStore, @unchecked Sendable {
    // Sendable: all properties are set once in `init`; RocksDB's cache may be used from any thread.

    private let path: String
    private let options: RocksDBOptions
    private let isReadOnly: Bool
    private let cache: OpaquePointer

    /// Opens the folder; it is made if it does not exist and the store is opened for writing.
    ///
    /// - Throws: `notFound` if it is opened for reading and does not exist, `system` if it cannot be made.
    public init(path: String, options: RocksDBOptions = RocksDBOptions(), readOnly: Bool = false) throws {
        self.path = path
        self.options = options
        isReadOnly = readOnly
        if readOnly {
            guard FileManager.default.fileExists(atPath: path) else {
                throw MartletError(
                    .notFound, "there is no published store at \(path)", hint: "publish first: martlet publish")
            }
        } else {
            for folder in ["versions", "pointers", "locks"] { try Self.makeFolder("\(path)/\(folder)") }
        }
        cache = rocksdb_cache_create_lru(options.cacheMegabytes << 20)
    }

    deinit { rocksdb_cache_destroy(cache) }

    /// See ``KeyValueStore/summary``.
    public var summary: String { "rocksdb at \(path)" }

    /// See ``KeyValueStore/create(namespace:)``.
    public func create(namespace: String) async throws -> any NamespaceWriter {
        try StoreName.check(namespace, kind: "namespace")
        try checkWritable()
        try await drop(namespace: namespace)
        let folder = folder(of: namespace)
        let database = try RocksDBDatabase(path: folder, forWriting: true, settings: options, cache: cache)
        return RocksDBNamespaceWriter(name: namespace, path: folder, database: database, store: self)
    }

    /// See ``KeyValueStore/open(namespace:)``.
    public func open(namespace: String) async throws -> any NamespaceReader {
        try StoreName.check(namespace, kind: "namespace")
        let folder = folder(of: namespace)
        let missing = MartletError(.notFound, "there is no namespace '\(namespace)' at \(path)")
        guard FileManager.default.fileExists(atPath: folder) else { throw missing }
        do {
            let database = try RocksDBDatabase(path: folder, forWriting: false, settings: options, cache: cache)
            return RocksDBNamespaceReader(name: namespace, database: database)
        } catch {
            // Removed while it was being opened: RocksDB misses files and calls that corruption.
            guard FileManager.default.fileExists(atPath: folder) else { throw missing }
            throw error
        }
    }

    /// See ``KeyValueStore/drop(namespace:)``.
    public func drop(namespace: String) async throws {
        try StoreName.check(namespace, kind: "namespace")
        try checkWritable()
        let dropped = "\(path)/versions/.dropped-\(namespace)-\(UInt32.random(in: 0 ... .max))"
        // Renamed first, so that it is gone in one step and nobody opens a half of it.
        if rename(folder(of: namespace), dropped) != 0, errno != ENOENT {
            throw systemError("cannot remove \(folder(of: namespace))")
        }
        for name in try entries("versions") where name.hasPrefix(".dropped-") {
            try? FileManager.default.removeItem(atPath: "\(path)/versions/\(name)")
        }
    }

    /// See ``KeyValueStore/namespaces()``.
    public func namespaces() async throws -> [String] {
        try entries("versions").filter { !$0.hasPrefix(".") }.sorted()
    }

    /// See ``KeyValueStore/pointer(_:)``.
    public func pointer(_ name: String) async throws -> [UInt8]? {
        try StoreName.check(name, kind: "pointer")
        let file = "\(path)/pointers/\(name)"
        do {
            return try Array(Data(contentsOf: URL(filePath: file)))
        } catch {
            guard FileManager.default.fileExists(atPath: file) else { return nil }
            throw MartletError(.system, "cannot read \(file)", hint: "check who owns it", underlying: error)
        }
    }

    /// See ``KeyValueStore/setPointer(_:to:)``.
    public func setPointer(_ name: String, to value: [UInt8]?) async throws {
        try StoreName.check(name, kind: "pointer")
        try checkWritable()
        let file = "\(path)/pointers/\(name)"
        if let value {
            try AtomicFile.write(value, to: file)
        } else if unlink(file) != 0, errno != ENOENT {
            throw systemError("cannot remove \(file)")
        }
    }

    /// See ``KeyValueStore/pointers(prefix:)``.
    public func pointers(prefix: String) async throws -> [String] {
        try entries("pointers").filter { $0.hasPrefix(prefix) && !$0.hasSuffix(".partial") }.sorted()
    }

    /// See ``KeyValueStore/lock(_:)``.
    public func lock(_ name: String) async throws -> any StoreLock {
        try StoreName.check(name, kind: "lock")
        try checkWritable()
        return try FileLock(path: "\(path)/locks/\(name)")
    }

    /// See ``KeyValueStore/checkHealth()``.
    public func checkHealth() async throws {
        guard FileManager.default.fileExists(atPath: path) else {
            throw MartletError(.unavailable, "the folder \(path) is gone", hint: "publish again, or mount it again")
        }
    }

    /// See ``KeyValueStore/close()``.
    public func close() async {}

    // MARK: - Folders

    private func folder(of namespace: String) -> String { "\(path)/versions/\(namespace)" }

    private func entries(_ folder: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: "\(path)/\(folder)") else { return [] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)")
        } catch {
            throw MartletError(.system, "cannot list \(path)/\(folder)", hint: "check who owns it", underlying: error)
        }
    }

    private func checkWritable() throws {
        guard !isReadOnly else {
            throw MartletError(.invalidConfiguration, "the store at \(path) is open for reading only")
        }
    }

    private static func makeFolder(_ folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw MartletError(
                .system, "cannot make the folder \(folder)", hint: "check who owns the folder above it",
                underlying: error)
        }
    }
}
