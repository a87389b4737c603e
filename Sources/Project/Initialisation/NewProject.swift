import Core
import Foundation

/// Writes the files of a project that does not exist yet.
struct NewProject {
    private let folder: String

    /// Names the folder.
    ///
    /// - Throws: `busy` if it holds a project already.
    init(_ folder: String) throws {
        self.folder = folder
        if Folder.exists("\(folder)/\(ProjectConfiguration.fileName)") {
            throw MartletError(
                .busy, "\(folder) holds a project already",
                hint: "name another folder, or remove \(folder)/\(ProjectConfiguration.fileName)")
        }
    }

    /// Writes `martlet.yml` last, so that a folder with one is a whole project.
    ///
    /// - Parameter sqlFrom: a folder to copy as `sql/`; nil for none.
    func write(configuration: String, sqlFrom: String?, sql: [String: String] = [:]) throws {
        try Folder.make(folder)
        if let sqlFrom { try copy(sqlFrom, to: "\(folder)/sql") }
        for (name, text) in sql.sorted(by: { $0.key < $1.key }) {
            let path = "\(folder)/sql/\(name)"
            try Folder.make(String(path[..<path.lastIndex(of: "/")!]))
            try AtomicFile.write(text, to: path)
        }
        let ignored = ".martlet/\nwarehouse.duckdb*\npublished/\nsql/target/\n"
        try AtomicFile.write(ignored, to: "\(folder)/.gitignore")
        try AtomicFile.write(configuration, to: "\(folder)/\(ProjectConfiguration.fileName)")
    }

    private func copy(_ source: String, to target: String) throws {
        guard !Folder.exists(target) else { return }
        do {
            try FileManager.default.copyItem(atPath: source, toPath: target)
        } catch {
            throw MartletError(.system, "cannot copy the template's SQL to \(target)", underlying: error)
        }
    }

    /// `path` from the root, so that a project finds its data wherever it is run from.
    ///
    /// - Throws: `notFound` if nothing is there.
    static func absolute(_ path: String) throws -> String {
        let full = URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
        let trimmed = full.count > 1 && full.hasSuffix("/") ? String(full.dropLast()) : full
        guard Folder.exists(trimmed) else {
            throw MartletError(.notFound, "\(path) does not exist", hint: "name the file or folder with your data")
        }
        return trimmed
    }
}
