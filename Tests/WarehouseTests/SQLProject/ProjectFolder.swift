import Core
import FoundationEssentials
import Warehouse

/// A SQL project written for one test.
struct ProjectFolder {
    let path: String

    /// Writes `files` below `path`; a plain `dbt_project.yml` is added if there is none.
    init(_ path: String, _ files: [String: String]) throws {
        self.path = path + "/sql"
        var files = files
        if files["dbt_project.yml"] == nil { files["dbt_project.yml"] = "name: shop\nprofile: shop\n" }
        for (name, text) in files { try write(name, text) }
    }

    /// Writes one file.
    func write(_ name: String, _ text: String) throws {
        let file = path + "/" + name
        let folder = String(file[..<file.lastIndex(of: "/")!])
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try AtomicFile.write(text, to: file)
    }

    /// The project as it stands.
    func project(_ variables: [String: JSONValue] = [:]) throws -> SQLProject {
        try SQLProject(folder: path, variables: variables, environment: ["SHOP_NAME": "martlet"])
    }

    /// Runs `body` with a project of `files` in a folder of its own.
    static func with<Result>(_ files: [String: String], _ body: (ProjectFolder) throws -> Result) throws -> Result {
        try TestWarehouses.withFolder { try body(ProjectFolder($0, files)) }
    }

    /// What is wrong with a project of `files`.
    static func fault(_ files: [String: String]) -> (any Error)? {
        do {
            _ = try with(files) { try $0.project() }
            return nil
        } catch { return error }
    }
}
