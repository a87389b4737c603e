import Core
import Dispatch
import Foundation

/// Real dbt, in the Python environment that `scripts/venv dbt` makes.
enum DBT {
    static let folder = FileManager.default.currentDirectoryPath + "/.venv/dbt"

    /// Whether dbt is installed.
    static let isInstalled = FileManager.default.fileExists(atPath: folder + "/bin/dbt")

    /// Runs the environment's Python.
    static func python(_ arguments: [String], input: String = "") throws -> (status: Int32, output: String) {
        try run("python", arguments, input: input)
    }

    /// `dbt build` of a project into a DuckDB file.
    static func build(_ project: String, database: String, work: String, vars: [String: JSONValue] = [:]) throws
        -> (status: Int32, output: String)
    {
        let name = try SQLProjectName.read(project)
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        let profile = """
            \(name):
              target: dev
              outputs:
                dev: {type: duckdb, path: '\(database)', schema: main, threads: 2}
            """
        try AtomicFile.write(profile, to: work + "/profiles.yml")
        return try run(
            "dbt",
            [
                "--no-use-colors", "build", "--project-dir", project, "--profiles-dir", work, "--target-path",
                work + "/target", "--log-path", work + "/logs", "--vars", JSONValue.object(vars).description,
            ])
    }

    private static func run(_ program: String, _ arguments: [String], input: String = "") throws
        -> (status: Int32, output: String)
    {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: folder + "/bin/" + program)
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment
        environment["DO_NOT_TRACK"] = "1"
        process.environment = environment
        let (output, stdin) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = output
        process.standardInput = stdin
        try process.run()
        // A hang shall be a failed test: 15 minutes are ten times what dbt takes on two busy cores.
        let end = DispatchWorkItem { process.terminate() }
        DispatchQueue.global().asyncAfter(deadline: .now() + 900, execute: end)
        defer { end.cancel() }
        stdin.fileHandleForWriting.write(Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}

/// The profile that a project asks for.
enum SQLProjectName {
    static func read(_ folder: String) throws -> String {
        let data = FileManager.default.contents(atPath: folder + "/dbt_project.yml") ?? Data()
        let node = try ConfigurationNode(yaml: String(decoding: data, as: UTF8.self), file: "dbt_project.yml")
        return node.json["profile"]?.string ?? "martlet"
    }
}
