import Core
import FoundationEssentials
import Testing
import Warehouse

/// What the tests of this target lean on.
enum TestWarehouses {
    /// Whether DuckDB's library is installed; tests that need it are skipped otherwise.
    static let hasDuckDB = (try? Warehouse(.duckdb())) != nil

    /// A folder of its own for one test, removed afterwards.
    static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.path + "/martlet-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try body(folder)
    }

    /// The shared data sets, or nil where there are none.
    static let sharedData: String? = {
        let path = ProcessInfo.processInfo.environment["MARTLET_SHARED_DATA"] ?? "../shared/data"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()
}

extension Testing.Tag {
    /// Tests that take seconds or start servers.
    @Tag static var server: Self
}
