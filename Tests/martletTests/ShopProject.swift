import Core
import Foundation
import Testing

/// A small generated shop and the project that reads it, in a folder of its own.
final class ShopProject: Sendable {
    let folder: String
    var project: String { "\(folder)/shop" }

    /// - Parameter models: the section `models:` of the project file, as YAML in one line.
    init(
        models: String = "{popularity: {}, item-cosine: {}, two-tower: {epochs: 2}}", users: Int = 400,
        items: Int = 120, transactions: Int = 9000
    ) async throws {
        folder = NSTemporaryDirectory() + "martlet-shop-\(UUID().uuidString)"
        let made = try await Program.run([
            "generate", "\(folder)/data", "--users", "\(users)", "--items", "\(items)", "--transactions",
            "\(transactions)", "--quiet",
        ])
        try #require(made.status == 0, "\(made.error)")
        let begun = try await Program.run([
            "init", project, "--template", "hm", "--data", "\(folder)/data", "--test-days", "28", "--quiet",
        ])
        try #require(begun.status == 0, "\(begun.error)")
        try replace(#"models:\n(  .*\n)+"#, with: "models: \(models)\n")
    }

    /// A project on Online Retail's invoices.
    ///
    /// - Parameter file: the invoices.
    init(models: String, onlineRetail file: String) async throws {
        folder = NSTemporaryDirectory() + "martlet-shop-\(UUID().uuidString)"
        let begun = try await Program.run([
            "init", project, "--template", "online-retail", "--data", file, "--quiet",
        ])
        try #require(begun.status == 0, "\(begun.error)")
        try replace(#"models:\n(  .*\n)+"#, with: "models: \(models)\n")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Rewrites the project file.
    func replace(_ pattern: String, with text: String) throws {
        let path = "\(project)/martlet.yml"
        let old = try String(contentsOfFile: path, encoding: .utf8)
        let new = old.replacingOccurrences(of: pattern, with: text, options: .regularExpression)
        try #require(new != old)
        try new.write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// Runs a subcommand on the project to its end.
    func run(_ arguments: [String]) async throws -> Program.Ended {
        try await Program.run([arguments[0], "--project", project] + arguments.dropFirst())
    }

    /// The checksum over all lists of the live version.
    func liveChecksum() async throws -> String {
        let ended = try await run(["rollback", "--list", "--json"])
        let versions = try JSONValue(parsing: ended.output)["versions"]?.array ?? []
        return try #require(versions.first { $0["live"]?.bool == true }?["checksum"]?.string)
    }
}

/// Whether the engine's library is where `scripts/setup` puts it.
let hasEngine: Bool = {
    let environment = ProcessInfo.processInfo.environment
    if environment["MARTLET_DUCKDB_LIBRARY"] != nil { return true }
    let data = environment["XDG_DATA_HOME"] ?? "\(NSHomeDirectory())/.local/share"
    let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(data)/martlet/lib")) ?? []
    return files.contains { $0.contains("duckdb") }
}()
