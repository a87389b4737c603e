import Core
import FoundationEssentials

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

    /// Runs a program of the environment. Its input and output are files: a pipe can be inherited by a server that
    /// another test starts, and then never ends.
    private static func run(_ program: String, _ arguments: [String], input: String = "") throws
        -> (status: Int32, output: String)
    {
        try TestWarehouses.withFolder { work throws in
            try AtomicFile.write(input, to: work + "/input")
            func quote(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
            let words = ([folder + "/bin/" + program] + arguments).map(quote).joined(separator: " ")
            // A hang shall be a failed test: this is ten times what dbt takes on two busy cores.
            let status = try ServerProcess.run(
                "env DO_NOT_TRACK=1 \(words) <\(work)/input", log: work + "/output", within: 900)
            let output = String(
                decoding: FileManager.default.contents(atPath: work + "/output") ?? Data(), as: UTF8.self)
            return (status ?? -1, status == nil ? output + "\n(did not end)" : output)
        }
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
