import Core
import FoundationEssentials

extension SQLProject {
    /// The finished SQL of every selected model and test, by its path such as `models/staging/users.sql`.
    ///
    /// - Parameters:
    ///   - selection: which of them; nil for all.
    ///   - connection: asked by templates that query the warehouse; nil renders without one.
    /// - Throws: `invalidConfiguration` with the place in the template.
    public func compiled(_ selection: SQLSelection? = nil, connection: (any SQLConnection)? = nil) throws
        -> [String: String]
    {
        let session = connection.map { ProjectContext.Session(connection: $0, note: { _ in }) }
        var texts: [String: String] = [:]
        for model in models where selection?.models.contains(model.name) ?? true {
            texts[model.path] = try compile(model, session: session).text
        }
        for test in tests where selection?.tests.contains(test.name) ?? true {
            let path = test.type == "singular" ? test.path : "tests/\(test.name).sql"
            texts[path] = try compile(test, session: session).text
        }
        return texts
    }

    /// Writes ``compiled(_:connection:)`` below `folder`, such as `target/compiled`.
    ///
    /// - Throws: as ``compiled(_:connection:)``, and `system` or `outOfSpace` if a file cannot be written.
    public func writeCompiled(
        _ selection: SQLSelection? = nil, to folder: String, connection: (any SQLConnection)? = nil
    ) throws {
        for (path, text) in try compiled(selection, connection: connection).sorted(by: { $0.key < $1.key }) {
            let file = folder + "/" + path
            let parent = file[..<file.lastIndex(of: "/")!]
            do {
                try FileManager.default.createDirectory(atPath: String(parent), withIntermediateDirectories: true)
            } catch {
                throw MartletError(.system, "cannot make the folder \(parent)", underlying: error)
            }
            try AtomicFile.write(text + "\n", to: file)
        }
    }
}
