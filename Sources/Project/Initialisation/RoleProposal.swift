import Core
import Warehouse

/// Looks at a file of purchases and proposes what its columns mean, with the reasons.
public struct RoleProposal: Sendable {
    /// The file, from the root.
    public let file: String
    /// The proposal.
    public let roles: ProposedProject.Roles
    /// A line for each role: which column, and why.
    public let reasons: [String]

    /// Words that names of such columns have, the surest first.
    private static let userWords = ["customer", "user", "client", "member", "visitor", "shopper", "account", "buyer"]
    private static let itemWords = [
        "article", "item", "product", "sku", "stockcode", "stock_code", "asin", "isbn", "movie", "track", "book",
    ]
    private static let titleWords = ["title", "description", "name"]

    /// Reads the first rows of a CSV or Parquet file.
    ///
    /// - Throws: `notFound` if the file does not exist, `invalidData` if no column looks like a user, an item or a time;
    ///   the message lists what was found.
    public init(file: String) throws {
        self.file = try NewProject.absolute(file)
        let inspection = try Loader.inspect(self.file)
        guard inspection.sampledRows > 0 else {
            throw MartletError(.invalidData, "\(file) has no rows", hint: "name a file with at least one purchase")
        }
        let columns = inspection.columns
        let times = columns.filter { $0.type == .date || $0.type == .timestamp }
        let time = times.max { Self.timeScore($0) < Self.timeScore($1) }
        let identifiers = columns.filter { column in
            column.nullShare < 0.9 && !times.contains { $0.name == column.name }
        }
        let user = Self.best(identifiers, words: Self.userWords)
        let item = Self.best(identifiers.filter { $0.name != user?.name }, words: Self.itemWords)
        guard let user, let item, let time else {
            let found = columns.map { "\($0.name) (\($0.type.rawValue))" }.joined(separator: ", ")
            let missing = [user == nil ? "a user" : nil, item == nil ? "an item" : nil, time == nil ? "a time" : nil]
                .compactMap(\.self).joined(separator: ", ")
            throw MartletError(
                .invalidData, "no column of \(file) looks like \(missing); it has \(found)",
                hint: "start with 'martlet init DIR' and fill in the columns by hand")
        }
        let title = Self.best(
            columns.filter { ![user.name, item.name, time.name].contains($0.name) && $0.meanLength > 4 },
            words: Self.titleWords)
        var roles = ProposedProject.Roles(user: user.name, item: item.name, time: time.name, title: title?.name)
        roles.timeType = time.type.rawValue
        for column in columns where [.double, .integer].contains(column.type) && !column.isIdentifier {
            if ![user.name, item.name, time.name].contains(column.name) {
                roles.numbers[column.name] = column.type.rawValue
            }
        }
        self.roles = roles
        var reasons = [
            "user: \(user.name) (\(user.distinctCount) different in \(inspection.sampledRows) rows)",
            "item: \(item.name) (\(item.distinctCount) different)",
            "time: \(time.name) (\(time.minimum ?? "") to \(time.maximum ?? "") in the rows looked at)",
        ]
        if let title { reasons.append("title: \(title.name) (for example \(title.examples.first ?? ""))") }
        self.reasons = reasons
    }

    /// The column whose name holds the surest word; among equals the one with more different values.
    private static func best(_ columns: [FileInspection.Column], words: [String]) -> FileInspection.Column? {
        func rank(_ column: FileInspection.Column) -> Int? {
            let name = column.name.lowercased()
            guard let place = words.firstIndex(where: name.contains) else { return nil }
            // An id before a name: customer_id before customer_segment.
            return place * 2 + (name.hasSuffix("id") || words.contains(name) || name.hasSuffix("code") ? 0 : 1)
        }
        return columns.compactMap { column in rank(column).map { (column, $0) } }
            .min { ($0.1, -$0.0.distinctCount) < ($1.1, -$1.0.distinctCount) }?.0
    }

    private static func timeScore(_ column: FileInspection.Column) -> Double {
        (1 - column.nullShare) + (column.type == .timestamp ? 0.5 : 0) + min(1, Double(column.distinctCount) / 100)
    }
}
