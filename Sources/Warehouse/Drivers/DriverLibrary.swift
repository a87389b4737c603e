import CADBC
import Core
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A loaded ADBC driver: its table of functions, for the life of the process.
///
/// A library is loaded once and never unloaded, since drivers keep threads of their own.
final class DriverLibrary: @unchecked Sendable {
    // Sendable: the table is filled in `init` and only read afterwards; its functions are C code without state of ours.

    /// The functions.
    let table: UnsafeMutablePointer<AdbcDriver>
    /// Where the library lies.
    let path: String

    private static let loaded = Mutex<[String: DriverLibrary]>([:])

    /// The driver called `name`, loaded now if it was not yet.
    ///
    /// - Throws: `missingDependency` if it is not installed or does not load.
    static func load(_ name: String) throws -> DriverLibrary {
        let path = try DriverSearch(name: name).path()
        return try loaded.withLock { libraries in
            if let library = libraries[path] { return library }
            let library = try DriverLibrary(path: path)
            libraries[path] = library
            return library
        }
    }

    private init(path: String) throws {
        self.path = path
        let file = path.split(separator: "/").last.map(String.init) ?? path
        if file.hasPrefix("_duckdb.cpython-") { try Self.loadPython(for: file) }
        guard let handle = dlopen(path, RTLD_LAZY) else {
            throw MartletError(
                .missingDependency, "the driver \(path) does not load: \(Self.reason())",
                hint: "it must be built for this machine and this C library")
        }
        let names = file.contains("duckdb") ? ["duckdb_adbc_init", "AdbcDriverInit"] : ["AdbcDriverInit"]
        guard let entry = names.lazy.compactMap({ dlsym(handle, $0) }).first else {
            throw MartletError(
                .missingDependency, "\(path) is no ADBC driver: it has no \(names[0])",
                hint: "name the library of an ADBC driver, such as libadbc_driver_postgresql.so")
        }
        table = .allocate(capacity: 1)
        var status = AdbcStatusCode(ADBC_NOT_IMPLEMENTED)
        for revision in [ADBC_REVISION_1_1_0, ADBC_REVISION_1_0_0] where status != ADBC_OK {
            table.initialize(to: AdbcDriver())
            var error = AdbcError()
            status = martlet_adbc_initialize(entry, Int32(revision), table, &error)
            error.release?(&error)
        }
        guard status == ADBC_OK else {
            throw MartletError(
                .missingDependency, "the driver \(path) does not speak ADBC 1.0 or 1.1",
                hint: "install a newer one")
        }
    }

    /// DuckDB's wheel is linked against Python's shared library: its symbols must be there, though no interpreter is
    /// ever started.
    private static func loadPython(for file: String) throws {
        let digits = file.dropFirst("_duckdb.cpython-".count).prefix { $0.isNumber }
        let version = "\(digits.prefix(1)).\(digits.dropFirst())"
        let library = "libpython\(version).so.1.0"
        guard dlopen(library, RTLD_LAZY | RTLD_GLOBAL) != nil else {
            throw MartletError(
                .missingDependency, "DuckDB's library needs \(library), which does not load: \(reason())",
                hint: "apt-get install libpython\(version)")
        }
    }

    private static func reason() -> String { dlerror().map { String(cString: $0) } ?? "no reason given" }
}
