import Core
import Features

/// The codes of one categorical column, checked: each lies in `0 ..< cardinality`.
struct EntityCodes: Sendable {
    /// One code a row.
    var values: [Int32]
    /// How many codes there can be.
    var cardinality: Int

    /// Reads column `name` of the features of all users or items.
    ///
    /// - Parameter kind: `user` or `item`, for messages.
    /// - Throws: `invalidConfiguration` if there is no such categorical column, `invalidData` naming the column and row
    ///   of a code past its table.
    init(_ name: String, of entities: Entities, kind: String) throws {
        let schema = entities.features?.schema
        guard let described = schema?[name], described.tags.contains(.categorical), let features = entities.features
        else {
            let names = schema?.columns.filter { $0.tags.contains(.categorical) }.map(\.name) ?? []
            throw MartletError(
                .invalidConfiguration, "there is no categorical \(kind) feature '\(name)'",
                hint: nearest(to: name, among: names).map { "did you mean '\($0)'?" }
                    ?? "the categorical \(kind) features are: \(names.isEmpty ? "none" : names.joined(separator: ", "))"
            )
        }
        try self.init(column: features.column(name), described, rows: entities.count, place: "\(kind) features")
    }

    /// Checks the codes of a column of `rows` rows.
    init(column: Column, _ described: ColumnSchema, rows: Int, place: String) throws {
        guard column.count == rows else {
            throw MartletError(
                .corrupted, "column '\(described.name)' of the \(place) has \(column.count) rows instead of \(rows)",
                hint: "build the dataset again")
        }
        switch column.values {
        case .int32(let buffer): values = buffer.array
        case .int64(let buffer): values = buffer.values.map { Int32(clamping: $0) }
        case .bool(let buffer): values = buffer.values.map { Int32($0) }
        default:
            throw MartletError(
                .invalidData, "categorical column '\(described.name)' of the \(place) holds no codes",
                hint: "end its operators in 'categorify'")
        }
        let largest = values.max() ?? 0
        cardinality = described.cardinality ?? Int(largest) + 1
        for (row, code) in values.enumerated() where code < 0 || Int(code) >= cardinality {
            throw MartletError(
                .invalidData,
                "column '\(described.name)' of the \(place), row \(row): code \(code) lies outside its "
                    + "\(cardinality) codes", hint: "fit the workflow again on the data it encodes")
        }
    }
}
