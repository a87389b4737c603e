import Core
import Foundation
import Warehouse

/// A project that comes with Martlet: `martlet.yml` and `sql/`, to be filled in with the user's files.
public struct Template: Sendable {
    /// The template's name, such as `hm`.
    public let name: String
    private let folder: String

    /// The templates there are.
    public static let names = ["hm", "online-retail"]

    /// Finds a template.
    ///
    /// - Throws: `notFound` with the nearest name.
    public init(_ name: String) throws {
        guard Self.names.contains(name) else {
            throw MartletError(
                .notFound, "there is no template '\(name)'",
                hint: nearest(to: name, among: Self.names).map { "did you mean '\($0)'?" }
                    ?? "the templates are \(Self.names.joined(separator: ", "))")
        }
        self.name = name
        guard let resources = Bundle.module.resourcePath else {
            throw MartletError(
                .notFound, "the templates that come with martlet are not beside the program",
                hint: "install the folder martlet_Project.resources beside it")
        }
        folder = "\(resources)/Templates/\(name)"
    }

    /// Writes the project into `target`, which must not hold one.
    ///
    /// - Parameters:
    ///   - target: the folder; made if it does not exist.
    ///   - data: the user's file, or the folder with the user's files.
    ///   - testDays: the length of the test window, and of the validation window before it, in days; nil: the template's.
    /// - Throws: `notFound` if `data` lacks a file, `busy` if `target` holds a project already.
    public func write(to target: String, shop: String, data: String, testDays: Int? = nil) throws {
        let files = try sources(in: data)
        var values = files.mapValues(Self.quoted)
        values["name"] = shop
        if name == "hm" {
            let days = testDays ?? 7
            let last = try Self.lastDay(in: files["transactions"] ?? "")
            values["test"] = Day.text((last - Int64(days) + 1) * 86_400)
            values["validation"] = Day.text((last - Int64(2 * days) + 1) * 86_400)
        }
        let path = "\(folder)/\(ProjectConfiguration.fileName)"
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw MartletError(.notFound, "the template '\(name)' is incomplete: \(path) does not exist")
        }
        var text = String(decoding: bytes, as: UTF8.self)
        for (key, value) in values { text = text.replacingOccurrences(of: "{{\(key)}}", with: value) }
        try NewProject(target).write(configuration: text, sqlFrom: "\(folder)/sql")
    }

    /// The user's files by source.
    private func sources(in data: String) throws -> [String: String] {
        let path = try NewProject.absolute(data)
        if name == "online-retail" { return ["transactions": path] }
        return try Dictionary(
            uniqueKeysWithValues: ["transactions", "customers", "articles"].map { source in
                (source, try Self.files(of: source, in: path))
            })
    }

    /// The file in `folder` whose name begins with the source's, or a glob if there are several.
    private static func files(of source: String, in folder: String) throws -> String {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        let found = names.filter { $0.hasPrefix(source) }
        guard !found.isEmpty else {
            throw MartletError(
                .notFound, "there is no file in \(folder) whose name begins with '\(source)'",
                hint: "--data is the folder that holds transactions, customers and articles as CSV, CSV.gz or Parquet")
        }
        return found.count == 1 ? "\(folder)/\(found[0])" : "\(folder)/\(source)*"
    }

    /// The last day with a purchase, in days since 1970.
    private static func lastDay(in files: String) throws -> Int64 {
        let engine = try Warehouse(.duckdb()).connect()
        var last: Int64?
        for file in try Loader.files([files]) {
            let name = engine.dialect.literal(file)
            let scan =
                file.hasSuffix(".parquet") ? "read_parquet(\(name))" : "read_csv(\(name), all_varchar = true)"
            let found = try engine.value(
                "select cast(max(cast(t_dat as date)) - date '1970-01-01' as bigint) from \(scan)")
            if let day = found?.integer { last = max(last ?? .min, Int64(day)) }
        }
        guard let last else {
            throw MartletError(
                .invalidData, "\(files) has no dates in a column t_dat", hint: "the template reads H&M's own columns")
        }
        return last
    }

    /// A path as YAML text.
    private static func quoted(_ path: String) -> String {
        var text = ""
        JSONValue.quote(path, to: &text)
        return text
    }
}
