import ArgumentParser
import Core
import Project

/// `martlet init`
struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a new project: martlet.yml, commented, and sql/.",
        discussion: """
            Example: martlet init shop --from purchases.csv
                     martlet init shop --template online-retail --data online_retail.csv.gz
                     martlet init shop --template hm --data folder-with-the-three-files
            """)
    @Argument(help: "The project's folder; made if it does not exist.")
    var folder: String

    @Option(help: "Start from a project that comes with martlet: \(Template.names.joined(separator: " or ")).")
    var template: String?

    @Option(help: "The template's file, or the folder with its files.")
    var data: String?

    @Option(help: "Look at this CSV or Parquet file of purchases, and propose what its columns mean.")
    var from: String?

    @Option(help: "The length of the test window in days, for the template hm (default: 7).")
    var testDays: Int?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if template != nil, from != nil { throw ValidationError("--template and --from exclude each other") }
        if template != nil, data == nil { throw ValidationError("--template needs --data FILE-OR-FOLDER") }
        if template == nil, data != nil {
            throw ValidationError("--data goes with --template; a file of your own is --from FILE")
        }
        if let testDays, testDays < 1 { throw ValidationError("--test-days must be at least 1, found \(testDays)") }
    }

    func run() async throws {
        let folder = ProjectRunner.trimmed(folder)
        let shop = Self.shopName(folder)
        var notes: [String] = []
        if let template, let data {
            try Template(template).write(to: folder, shop: shop, data: data, testDays: testDays)
        } else if let from {
            let proposal = try RoleProposal(file: from)
            try ProposedProject(shop: shop, file: proposal.file, roles: proposal.roles).write(to: folder)
            notes = proposal.reasons
        } else {
            try EmptyProject.write(to: folder, shop: shop)
            notes = [
                "fill in the file and its columns in \(folder)/martlet.yml and \(folder)/sql/models/interactions.sql"
            ]
        }
        let lines = ["wrote \(folder)/martlet.yml"] + notes + ["next: martlet run --project \(folder)"]
        output.finish(
            lines.joined(separator: "\n") + "\n",
            json: ["project": .string(folder), "notes": .array(notes.map { .string($0) })])
    }

    /// The folder's own name as a shop's name: small letters, digits and hyphens.
    static func shopName(_ folder: String) -> String {
        let last = folder.split(separator: "/").last.map(String.init) ?? "shop"
        let name = last.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let text = String(name).split(separator: "-").joined(separator: "-")
        return text.isEmpty ? "shop" : String(text.prefix(64))
    }
}
