import Core
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Where a driver's shared library is looked for.
struct DriverSearch {
    /// The driver's name, such as `duckdb`, or the path of its library.
    var name: String
    /// The process's environment.
    var environment: [String: String] = ProcessInfo.processInfo.environment

    /// The library's path.
    ///
    /// A name with a slash or a library's suffix is a path. Otherwise `MARTLET_<NAME>_LIBRARY` decides, or the first
    /// of ``folders`` that holds one of ``fileNames``.
    ///
    /// - Throws: `missingDependency` with the command that installs the driver.
    func path() throws -> String {
        if name.contains("/") || name.hasSuffix(".so") || name.hasSuffix(".dylib") {
            guard exists(name) else { throw missing("there is no driver at \(name)") }
            return name
        }
        if let path = environment[variable], !path.isEmpty {
            guard exists(path) else { throw missing("\(variable) names \(path), which does not exist") }
            return path
        }
        for folder in folders {
            for file in fileNames where exists("\(folder)/\(file)") { return "\(folder)/\(file)" }
            if name == "duckdb", let file = wheelLibrary(in: folder) { return "\(folder)/\(file)" }
        }
        throw missing(
            "the driver '\(name)' is not installed (looked for \(fileNames[0]) in \(folders.joined(separator: ", ")))")
    }

    /// The variable that overrides the search.
    var variable: String { "MARTLET_\(name.uppercased())_LIBRARY" }

    /// The names that the library may have.
    var fileNames: [String] {
        let base = name == "duckdb" ? "libduckdb" : "libadbc_driver_\(name)"
        return ["\(base).so", "\(base).dylib"]
    }

    /// The folders, in the order of search.
    var folders: [String] {
        var folders: [String] = []
        if let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
            let folder = executable.split(separator: "/").dropLast().joined(separator: "/")
            folders += ["/\(folder)/lib", "/\(folder)/../lib"]
        }
        let home = environment["HOME"] ?? ""
        let data = environment["XDG_DATA_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(home)/.local/share"
        folders += ["\(data)/martlet/lib", "\(home)/.cache/martlet/lib", "/usr/local/lib", "/usr/lib"]
        folders += ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/opt/homebrew/lib"]
        return folders
    }

    /// DuckDB's library out of its Python wheel: `_duckdb.cpython-311-x86_64-linux-gnu.so`.
    private func wheelLibrary(in folder: String) -> String? {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasPrefix("_duckdb.cpython-") && $0.hasSuffix(".so") }.sorted().last
    }

    private func exists(_ path: String) -> Bool { access(path, R_OK) == 0 }

    private func missing(_ message: String) -> MartletError {
        let known = ["duckdb", "postgresql", "snowflake", "sqlite"]
        let hint =
            known.contains(name)
            ? "install it with: scripts/install-driver \(name)\n        or name the library in \(variable)"
            : nearest(to: name, among: known).map { "did you mean '\($0)'?" }
                ?? "the drivers are \(known.joined(separator: ", ")), or the path of an ADBC driver's library"
        return MartletError(.missingDependency, message, hint: hint)
    }
}
