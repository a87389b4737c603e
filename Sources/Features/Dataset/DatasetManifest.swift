import Core
import FoundationEssentials

/// `schema.json` of a dataset's folder.
struct DatasetManifest: Codable {
    struct Entry: Codable {
        var column: ColumnSchema
        /// The start of the names of the column's files.
        var file: String
        /// Whether `FILE.valid.npy` says which rows have a value.
        var hasNulls: Bool
    }

    static let fileName = "schema.json"
    static let currentFormat = "martlet-dataset/1"

    var format = DatasetManifest.currentFormat
    var rows: Int
    var columns: [Entry]

    /// Reads the manifest of the dataset in `folder`.
    init(reading folder: String) throws {
        let path = "\(folder)/\(Self.fileName)"
        guard FileManager.default.fileExists(atPath: folder) else {
            throw MartletError(.notFound, "there is no dataset at \(folder)", hint: "run 'martlet run' to build it")
        }
        let data = try MappedFile.contents(of: path)
        do {
            self = try JSONDecoder().decode(DatasetManifest.self, from: data)
        } catch {
            throw MartletError(.corrupted, "\(path) describes no dataset", underlying: error)
        }
        guard format == Self.currentFormat else {
            throw MartletError(
                .corrupted, "\(path) has format '\(format)', expected '\(Self.currentFormat)'",
                hint: "build the dataset again with this version of martlet")
        }
        guard rows >= 0, Set(columns.map(\.column.name)).count == columns.count,
            columns.allSatisfy({ $0.file == Self.fileName(for: $0.column.name) })
        else { throw MartletError(.corrupted, "\(path) contradicts itself", hint: "build the dataset again") }
    }

    init(rows: Int, columns: [Entry]) {
        self.rows = rows
        self.columns = columns
    }

    func write(to folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(Array(try encoder.encode(self)), to: "\(folder)/\(Self.fileName)")
    }

    /// The start of the file names of column `name`: letters, digits, `-` and `_` stay, other bytes become `%XX`.
    static func fileName(for name: String) -> String {
        var text = ""
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
        return text.isEmpty ? "%" : text
    }
}

extension ElementType {
    /// numpy's word for the type of a column's values (`|u1` for the bytes of a text).
    var npyDescriptor: String {
        switch self {
        case .bool: "|b1"
        case .int32: "<i4"
        case .int64, .timestamp: "<i8"
        case .float32: "<f4"
        case .float64: "<f8"
        case .string: "|u1"
        }
    }
}
