import Core
import FoundationEssentials

/// The files of a SQL project, read and parsed but not yet resolved: nothing here depends on variables or a warehouse.
struct ProjectFiles: Sendable {
    /// A macro and the package it came with.
    struct Macro: Sendable {
        var package: String
        var macro: JinjaMacro
    }

    /// A file in `tests/`.
    struct SingularTest: Sendable {
        var name: String
        var file: String
        var path: String
        var statements: [JinjaStatement]
        var text: String
    }

    var folder: String
    var settings: ProjectSettings
    var models: [SQLModel] = []
    var macros: [Macro] = []
    var tests: [SingularTest] = []
    var properties: [ConfigurationNode] = []

    /// Reads everything under `folder`. Packages that dbt installed into `dbt_packages` add their macros.
    ///
    /// - Throws: `notFound` if there is no project; all faults of all files at once otherwise.
    init(folder: String) throws {
        self.folder = folder
        let file = folder + "/dbt_project.yml"
        guard FileManager.default.fileExists(atPath: file) else {
            throw MartletError(
                .notFound, "there is no SQL project in \(folder): dbt_project.yml is missing",
                hint: "a project is a folder with dbt_project.yml and models/")
        }
        settings = try ProjectSettings(Self.text(of: file), file: file)
        let diagnostics = Diagnostics()
        for path in settings.modelPaths {
            let base = folder + "/" + path
            guard FileManager.default.fileExists(atPath: base) else {
                throw MartletError(
                    .notFound, "the model folder \(base) does not exist",
                    hint: "make it, or set 'model-paths' in dbt_project.yml",
                    at: SourceLocation(file: file, line: 1, column: 1))
            }
            for found in Self.files(under: base, endings: [".sql", ".yml", ".yaml", ".py"]) {
                Self.collect(diagnostics) { try addModelFile(found, base: path) }
            }
        }
        try addMacros(
            package: settings.name, folder: folder,
            paths: settings.macroPaths + settings.testPaths.map { $0 + "/generic" }, diagnostics)
        let packages = folder + "/dbt_packages"
        for package in (try? FileManager.default.contentsOfDirectory(atPath: packages).sorted()) ?? [] {
            let base = packages + "/" + package
            guard let text = try? Self.text(of: base + "/dbt_project.yml"),
                let other = try? ProjectSettings(text, file: base + "/dbt_project.yml")
            else { continue }
            // A package may hold macros beyond this engine; only those that are used matter.
            try? addMacros(package: other.name, folder: base, paths: other.macroPaths, Diagnostics())
        }
        for path in settings.testPaths {
            for found in Self.files(under: folder + "/" + path, endings: [".sql"]) where !found.hasPrefix("generic/") {
                Self.collect(diagnostics) {
                    let file = "\(folder)/\(path)/\(found)"
                    let text = try Self.text(of: file)
                    tests.append(
                        SingularTest(
                            name: Self.name(of: found), file: file, path: "\(path)/\(found)",
                            statements: try JinjaParser.statements(of: text, file: file), text: text))
                }
            }
        }
        try diagnostics.throwIfAny()
        try checkNames()
    }

    private mutating func addModelFile(_ found: String, base: String) throws {
        let file = "\(folder)/\(base)/\(found)"
        if found.hasSuffix(".py") {
            throw MartletError(
                .invalidConfiguration, "\(file) is a Python model, and only SQL models are run",
                hint: "write it as SQL, or as a step of Martlet's features")
        }
        let text = try Self.text(of: file)
        if !found.hasSuffix(".sql") {
            properties.append(try ConfigurationNode(yaml: text, file: file))
            return
        }
        models.append(
            SQLModel(
                name: Self.name(of: found), package: settings.name, file: file, path: "\(base)/\(found)",
                configuration: ModelConfiguration(), statements: try JinjaParser.statements(of: text, file: file),
                text: text, folders: found.split(separator: "/").dropLast().map(String.init)))
    }

    private mutating func addMacros(package: String, folder: String, paths: [String], _ diagnostics: Diagnostics) throws
    {
        for path in paths {
            for found in Self.files(under: folder + "/" + path, endings: [".sql"]) {
                let file = "\(folder)/\(path)/\(found)"
                Self.collect(diagnostics) {
                    let statements = try JinjaParser.statements(of: Self.text(of: file), file: file)
                    for case .macro(let macro) in statements { macros.append(Macro(package: package, macro: macro)) }
                }
            }
        }
    }

    private func checkNames() throws {
        var seen: [String: SQLModel] = [:]
        for model in models {
            if let other = seen.updateValue(model, forKey: model.name) {
                throw MartletError(
                    .invalidConfiguration, "two models are called '\(model.name)': \(other.file) and \(model.file)",
                    hint: "give one of the files another name", at: SourceLocation(file: model.file, line: 1, column: 1)
                )
            }
        }
    }

    /// Runs `work`; a fault goes to the diagnostics, so that others are found too.
    static func collect(_ diagnostics: Diagnostics, _ work: () throws -> Void) {
        do {
            try work()
        } catch let error as MartletError {
            diagnostics.report(error)
        } catch let error as InvalidFile {
            error.errors.forEach(diagnostics.report)
        } catch {
            diagnostics.report(MartletError(.system, "\(error)"))
        }
    }

    private static func name(of path: String) -> String {
        String(path.split(separator: "/").last!.dropLast(".sql".count))
    }

    /// Paths under `folder` with one of the endings, sorted; none if the folder does not exist.
    private static func files(under folder: String, endings: [String]) -> [String] {
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        return paths.filter { path in
            endings.contains { path.hasSuffix($0) } && !path.split(separator: "/").contains { $0.hasPrefix(".") }
        }.sorted()
    }

    /// The text of a file.
    ///
    /// - Throws: `notFound` or `system` if it cannot be read, `invalidData` if it is not UTF-8.
    static func text(of file: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: file) else { throw systemError("cannot read \(file)") }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw MartletError(.invalidData, "\(file) is not UTF-8 text", hint: "save the file as UTF-8")
        }
        return text
    }
}
