import Core

/// A table of users or items as it came.
struct RawEntities {
    /// The table's row of each id by its number, −1 for ids that it does not have.
    var rowOfID: [Int32] = []
    /// The columns that features ask for or people are shown, by name.
    var columns: [String: FrozenColumn] = [:]
    /// Rows without an id.
    var rowsWithoutID = 0

    /// Reads a whole table.
    ///
    /// - Parameters:
    ///   - names: the columns to keep.
    ///   - ids: grows by the ids that are new.
    /// - Throws: `notFound` for missing columns, `invalidData` if an id comes twice.
    static func read(
        _ stream: any TableStream, table: String, id: String, keeping names: [String], ids: TextInterner,
        progress: any ProgressReporting
    ) throws -> RawEntities {
        let schema = stream.schema
        try TableColumns.require([id] + names, in: schema, table: table)
        let codes = TextCodes(texts: ids, emptyIsNull: true)
        let columns = names.map { RawColumn(schema[$0]!, table: table) }
        let reader = TableReader(stream)
        while case let group = try reader.group(), !group.isEmpty {
            codes.append(try group.map { try IDText.texts($0.column(id), name: id) })
            for column in columns { try column.append(group.map { try $0.column(column.name) }) }
            progress.update("dataset", done: codes.codes.count, total: nil, unit: "rows", note: table)
        }
        var entities = RawEntities()
        entities.columns = Dictionary(uniqueKeysWithValues: columns.map { ($0.name, $0.freeze()) })
        entities.rowOfID = [Int32](repeating: -1, count: ids.count)
        var twice = 0
        var example = ""
        for (row, code) in codes.codes.values.enumerated() {
            guard code >= 0 else {
                entities.rowsWithoutID += 1
                continue
            }
            if entities.rowOfID[Int(code)] >= 0 {
                if twice == 0 { example = String(decoding: ids[Int(code)], as: UTF8.self) }
                twice += 1
            }
            entities.rowOfID[Int(code)] = Int32(row)
        }
        guard twice == 0 else {
            throw MartletError(
                .invalidData, "the table '\(table)' has \(twice) rows whose '\(id)' came before, such as '\(example)'",
                hint: "keep one row per '\(id)' in SQL, and test it with 'unique'")
        }
        return entities
    }
}
