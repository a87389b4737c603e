import Core

/// Files that become one raw table: an entry under `sources` of a project.
///
/// ```yaml
/// sources:
///   transactions: {files: data/transactions*.csv.gz, columns: {article_id: text, price: double, t_dat: date}}
///   events: {files: events, format: events}   # the log of a server with 'serve: {events: {folder: events}}'
///   impressions: {files: impressions, format: impressions}   # and of one with 'serve: {impressions: {}}'
/// ```
public struct SourceConfiguration: Sendable {
    /// The type of a column of a raw table.
    public enum ColumnType: String, Codable, Sendable, CaseIterable {
        /// Text as it stands in the file: identifiers keep their leading zeros.
        case text
        /// Whole numbers of 64 bits.
        case integer
        /// Double-precision reals; NaN and infinities are rejected.
        case double
        /// Truth values.
        case bool
        /// Days.
        case date
        /// Moments, without a time zone.
        case timestamp

        /// The type's name in DuckDB.
        var sql: String {
            switch self {
            case .text: "VARCHAR"
            case .integer: "BIGINT"
            case .double: "DOUBLE"
            case .bool: "BOOLEAN"
            case .date: "DATE"
            case .timestamp: "TIMESTAMP"
            }
        }
    }

    /// How the files are written.
    public enum Format: String, Codable, Sendable, CaseIterable {
        /// By each file's name: `.parquet`, or CSV for all else.
        case auto
        /// Comma-separated values with a header line, plain or compressed.
        case csv
        /// Apache Parquet.
        case parquet
        /// The folder of an event log, as a server with `serve.events` writes it, or the address of its stream in Redis:
        /// `redis://host:port/database#stream`.
        case events
        /// The folder of a log of answers, as a server with `serve.impressions` writes it.
        case impressions

        /// Whether the files are a log of the server, which is read on from where the last load stopped.
        public var isLog: Bool { self == .events || self == .impressions }
    }

    /// The raw table's name.
    public var name: String
    /// Paths, glob patterns and folders.
    public var files: [String]
    /// How the files are written.
    public var format: Format
    /// Types by column; the others' are seen from the data, and text for identifiers.
    public var columns: [String: ColumnType]
    /// What parts the fields of a line; nil: seen from the data.
    public var delimiter: String?
    /// The largest share of rows that may be rejected, 0…1.
    public var rejects: Double
    /// Whether a new delivery adds to the rows before it instead of taking their place.
    public var append: Bool
    /// How many versions stay in the warehouse when a new delivery takes their place.
    public var keep: Int
    /// Where the source stands in the project.
    public var location: SourceLocation?

    /// Describes a source.
    public init(
        name: String, files: [String], format: Format = .auto, columns: [String: ColumnType] = [:],
        delimiter: String? = nil, rejects: Double = 0.01, append: Bool = false, keep: Int = 2,
        location: SourceLocation? = nil
    ) {
        self.name = name
        self.files = files
        self.format = format
        self.columns = columns
        self.delimiter = delimiter
        self.rejects = rejects
        self.append = append
        self.keep = keep
        self.location = location
    }

    /// Reads one source of a project.
    ///
    /// - Parameters:
    ///   - name: the key under `sources`.
    ///   - fields: its mapping. Faults go to its diagnostics; call `finish()` on it afterwards.
    ///   - projectFolder: what relative paths start from.
    public init(name: String, _ fields: inout ConfigurationFields, projectFolder: String) {
        self.init(name: name, files: [], location: fields.location)
        let allowed = name.utf8.allSatisfy {
            $0 == UInt8(ascii: "_") || (97...122).contains($0) || (48...57).contains($0)
        }
        if !allowed || name.contains("__") || name.hasPrefix("_") {
            fields.diagnostics.report(
                "the source's name '\(name)' must be small letters, digits and single underscores",
                hint: "it becomes the table raw.\(name)", at: fields.location)
        }
        files = fields.strings("files").map { file in
            // The log of a server that keeps its events in Redis.
            if file.hasPrefix("redis://") || file.hasPrefix("rediss://") {
                return fields.expand(file, of: "files").text
            }
            return file.hasPrefix("/") ? file : "\(projectFolder)/\(file)"
        }
        if files.isEmpty {
            fields.diagnostics.report(
                "'\(fields.name(of: "files"))' is missing", hint: "files: data/\(name)*.csv", at: fields.location)
        }
        format = fields.choice("format", of: Format.allCases.map(\.rawValue)).flatMap(Format.init) ?? .auto
        if format.isLog, files.count != 1 {
            fields.diagnostics.report(
                "'\(fields.name(of: "files"))' must name the one folder of the log",
                hint: "the folder that serve.\(format.rawValue).folder names: files: \(format.rawValue)",
                at: fields.location(of: "files"))
        }
        delimiter = fields.string("delimiter")
        rejects = fields.number("rejects", default: 0.01, in: 0...1)
        append = fields.bool("append", default: false)
        keep = fields.integer("keep", default: 2, in: 1...1000)
        var types = fields.fields("columns")
        for column in types.keys {
            guard let word = types.choice(column, of: ColumnType.allCases.map(\.rawValue)) else { continue }
            columns[column] = ColumnType(rawValue: word)
        }
    }

    /// What decides, beside the files' bytes, what the raw table holds.
    var settings: String {
        let types = columns.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.rawValue)" }
        return ([format.rawValue, delimiter ?? "auto"] + types).joined(separator: " ")
    }

    /// Whether a column of this name holds identifiers, which stay text: `id`, `user_id`, `userId`, `CustomerID`, and
    /// in files without types also `StockCode`, `InvoiceNo`, `postal_code`.
    static func isIdentifier(_ name: String, typed: Bool) -> Bool {
        let lower = name.lowercased()
        func ends(_ word: String) -> Bool {
            if lower == word || lower.hasSuffix("_" + word) { return true }
            let capital = word.prefix(1).uppercased() + word.dropFirst()
            return name.hasSuffix(capital) || name.hasSuffix(word.uppercased()) && name != name.uppercased()
        }
        return ends("id") || !typed && (ends("code") || ends("no") || ends("sku") || ends("ean"))
    }
}
