import Core
import Synchronization

/// Columns on disk: a folder of `.npy` files and a `schema.json`, opened without reading the values.
///
/// A column `price` is `price.npy`; a text column has its bytes in `title.bytes.npy` (`uint8`) and `rows + 1` bounds in
/// `title.offsets.npy` (`int64`); a list column has `rows + 1` bounds in `tags.lists.npy`; where rows are null,
/// `price.valid.npy` says which are not. `numpy.load(file, mmap_mode="r")` opens each of them.
public final class Dataset: Sendable {
    /// The folder.
    public let path: String
    /// The columns.
    public let schema: Schema
    /// How many rows every column has.
    public let rowCount: Int
    private let entries: [DatasetManifest.Entry]
    private let opened = Mutex<[String: Column]>([:])

    private init(path: String, manifest: DatasetManifest) {
        self.path = path
        schema = Schema(manifest.columns.map(\.column))
        rowCount = manifest.rows
        entries = manifest.columns
    }

    /// Opens the dataset in the folder `path`.
    ///
    /// - Throws: `notFound` if there is none, `corrupted` if its description is damaged.
    public static func open(_ path: String) throws -> Dataset {
        Dataset(path: path, manifest: try DatasetManifest(reading: path))
    }

    /// The column named `name`, memory-mapped; opened once, then shared.
    ///
    /// - Throws: `notFound` with the nearest name there is; `corrupted` if a file does not hold what it promises.
    /// - Complexity: O(1) for numbers, O(rows) the first time for texts and lists, whose bounds are checked.
    public func column(_ name: String) throws -> Column {
        if let column = opened.withLock({ $0[name] }) { return column }
        guard let entry = entries.first(where: { $0.column.name == name }) else {
            throw MartletError(
                .notFound, "the dataset \(path) has no column '\(name)'",
                hint: nearest(to: name, among: schema.names).map { "did you mean '\($0)'?" }
                    ?? "its columns are \(schema.names.joined(separator: ", "))")
        }
        let column = try load(entry)
        opened.withLock { $0[name] = column }
        return column
    }

    /// All columns as one table, still memory-mapped.
    ///
    /// - Throws: as ``column(_:)``.
    public func table() throws -> Table {
        try Table(schema: schema, columns: schema.names.map(column))
    }

    private func load(_ entry: DatasetManifest.Entry) throws -> Column {
        let base = "\(path)/\(entry.file)"
        let values: Column.Values
        switch entry.column.type {
        case .bool: values = .bool(try .mapped(npy: "\(base).npy", as: "|b1"))
        case .int32: values = .int32(try .mapped(npy: "\(base).npy", as: "<i4"))
        case .int64: values = .int64(try .mapped(npy: "\(base).npy", as: "<i8"))
        case .timestamp: values = .timestamp(try .mapped(npy: "\(base).npy", as: "<i8"))
        case .float32: values = .float32(try .mapped(npy: "\(base).npy", as: "<f4"))
        case .float64: values = .float64(try .mapped(npy: "\(base).npy", as: "<f8"))
        case .string:
            let bytes = try Buffer<UInt8>.mapped(npy: "\(base).bytes.npy", as: "|u1")
            let offsets = try bounds("\(base).offsets.npy", end: bytes.count)
            values = .string(offsets: offsets, bytes: bytes)
        }
        let lists = entry.column.isList ? try bounds("\(base).lists.npy", end: values.count) : nil
        let validity = entry.hasNulls ? try Buffer<UInt8>.mapped(npy: "\(base).valid.npy", as: "|b1") : nil
        let column = Column(values, validity: validity, listOffsets: lists)
        guard column.count == rowCount, validity.map({ $0.count == rowCount }) ?? true else {
            throw MartletError(
                .corrupted, "\(base).npy has \(column.count) rows, \(path) has \(rowCount)",
                hint: "build the dataset again")
        }
        return column
    }

    /// Bounds of texts or lists, checked so that no reader can be led out of the values.
    private func bounds(_ path: String, end: Int) throws -> Buffer<Int64> {
        let offsets = try Buffer<Int64>.mapped(npy: path, as: "<i8")
        var last: Int64 = 0
        var isOrdered = true
        for offset in offsets.values {
            isOrdered = isOrdered && offset >= last
            last = offset
        }
        guard isOrdered, offsets.values.first == 0, Int(last) == end else {
            throw MartletError(
                .corrupted, "\(path) does not hold ascending bounds from 0 to \(end)", hint: "build the dataset again")
        }
        return offsets
    }
}
