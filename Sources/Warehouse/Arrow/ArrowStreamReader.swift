import CADBC
import Core

/// The answer of a statement as tables, read in place from the driver's batches.
final class ArrowStreamReader: TableStream {
    let schema: Schema
    private let types: [ArrowType]
    private let statement: Statement
    private var stream: ArrowArrayStream
    private var ended = false

    /// Takes over a stream.
    ///
    /// - Parameter lowercasing: whether names all in capitals are folded to small letters, as Snowflake's are.
    /// - Throws: `invalidData` if a column has a type that Martlet does not read, or two have one name.
    init(_ stream: ArrowArrayStream, statement: Statement, lowercasing: Bool) throws {
        self.stream = stream
        self.statement = statement
        var described = ArrowSchema()
        guard self.stream.get_schema(&self.stream, &described) == 0 else {
            let error = Self.error(&self.stream, statement)
            self.stream.release?(&self.stream)
            throw error
        }
        defer { described.release?(&described) }
        var columns: [ColumnSchema] = []
        var types: [ArrowType] = []
        do {
            for index in 0..<Int(described.n_children) {
                let child = described.children[index]!.pointee
                var name = child.name.map { String(cString: $0) } ?? ""
                if lowercasing, name == name.uppercased() { name = name.lowercased() }
                let type = try ArrowType(child, column: name)
                if columns.contains(where: { $0.name == name }) {
                    throw MartletError(
                        .invalidData, "the query returns two columns named '\(name)': \(statement.work)",
                        hint: "give one of them another name with AS")
                }
                columns.append(ColumnSchema(name, type.elementType, tags: type.isList ? [.list] : []))
                types.append(type)
            }
        } catch {
            self.stream.release?(&self.stream)
            throw error
        }
        schema = Schema(columns)
        self.types = types
    }

    deinit { if !ended { stream.release?(&stream) } }

    func next() throws -> Table? {
        while !ended {
            var batch = ArrowArray()
            guard stream.get_next(&stream, &batch) == 0 else {
                let error = Self.error(&stream, statement)
                close()
                throw error
            }
            guard batch.release != nil else {
                close()
                return nil
            }
            let owner = ArrowArrayOwner(batch)
            if batch.length == 0 { continue }
            guard Int(batch.n_children) == types.count else {
                throw MartletError(.invalidData, "the driver's batch has another number of columns than it announced")
            }
            let columns = try types.indices.map { index in
                try ArrowColumnReader(owner: owner, name: schema.columns[index].name)
                    .column(batch.children[index]!.pointee, types[index])
            }
            return try Table(schema: schema, columns: columns)
        }
        return nil
    }

    private func close() {
        ended = true
        stream.release?(&stream)
    }

    private static func error(_ stream: inout ArrowArrayStream, _ statement: Statement) -> MartletError {
        let message = stream.get_last_error?(&stream).map { String(cString: $0) } ?? "the driver gives no reason"
        return statement.connection.failure.error(
            statement.work, status: AdbcStatusCode(ADBC_UNKNOWN), state: "", message: message)
    }
}
