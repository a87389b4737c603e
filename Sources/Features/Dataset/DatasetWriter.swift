import Core

/// Writes a ``Dataset`` batch by batch: memory holds a megabyte a column, however many rows there are.
///
/// Everything goes to a folder beside the destination, which takes its place in ``finish()``. A writer that is dropped
/// before removes what it wrote and leaves the destination as it was. Not for several threads at once.
public final class DatasetWriter {
    /// The columns.
    public let schema: Schema
    /// How many rows were appended.
    public private(set) var rowCount = 0
    private let destination: String
    private let isPart: Bool
    private let scratch: ScratchFolder
    private let writers: [ColumnWriter]

    /// Begins a dataset.
    ///
    /// - Parameters:
    ///   - path: the folder to make or to replace.
    ///   - schema: the columns; a column tagged `list` takes lists.
    /// - Throws: `system` or `outOfSpace`.
    public convenience init(path: String, schema: Schema) throws {
        try self.init(path: path, schema: schema, isPart: false)
    }

    /// Begins a dataset; one that is part of a larger folder leaves the flushing to it.
    init(path: String, schema: Schema, isPart: Bool) throws {
        self.schema = schema
        self.isPart = isPart
        destination = path
        let scratch = try ScratchFolder(for: path)
        self.scratch = scratch
        writers = try schema.columns.map { try ColumnWriter($0, folder: scratch.path) }
    }

    /// Appends the rows of `table`, whose columns are found by name.
    ///
    /// - Throws: `notFound` for a missing column, `invalidData` for another type, `outOfSpace` for a full disk.
    public func append(_ table: Table) throws {
        let columns = try writers.map { try table.column($0.schema.name) }
        for (writer, column) in zip(writers, columns) { try writer.append(column) }
        rowCount += table.rowCount
    }

    /// Ends the dataset and puts it in place.
    ///
    /// - Throws: `outOfSpace` or `system`; the destination is then as it was.
    public func finish() throws -> Dataset {
        let manifest = DatasetManifest(rows: rowCount, columns: try writers.map { try $0.finish() })
        try manifest.write(to: scratch.path)
        try scratch.commit(flushing: !isPart)
        return try Dataset.open(destination)
    }
}
