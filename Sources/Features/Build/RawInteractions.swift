import Core

/// The interactions as they came: every row, numbered users and items, and the columns that features ask for.
struct RawInteractions {
    /// Rows, good and bad.
    var count: Int
    /// Each row's user among `userIDs`; negative where there is none.
    var users: GrowableBuffer<Int32>
    /// Each row's item among `itemIDs`; negative where there is none.
    var items: GrowableBuffer<Int32>
    /// Seconds since 1970.
    var times: Buffer<Int64>
    /// How much each row counts; nil for 1.
    var weights: Buffer<Float>?
    /// Each row's kind of event; nil where all are of one kind.
    var events: EventTypes?
    /// Other columns by name.
    var columns: [String: FrozenColumn]

    /// Reads a whole table.
    ///
    /// - Parameters:
    ///   - others: columns to keep beside the ones that the configuration names.
    ///   - userIDs: grows by the users that are new; so does `itemIDs`.
    static func read(
        _ stream: any TableStream, _ names: DatasetConfiguration.InteractionColumns, others: [String],
        userIDs: TextInterner, itemIDs: TextInterner, progress: any ProgressReporting
    ) throws -> RawInteractions {
        let schema = stream.schema
        var kept = others.filter { $0 != names.time }
        for name in [names.weight, names.type].compactMap({ $0 }) where !kept.contains(name) { kept.append(name) }
        try TableColumns.require([names.user, names.item, names.time] + kept, in: schema, table: names.table)
        let users = TextCodes(texts: userIDs, emptyIsNull: true)
        let items = TextCodes(texts: itemIDs, emptyIsNull: true)
        let times = TimeColumn(name: names.time, table: names.table)
        let columns = kept.map { RawColumn(schema[$0]!, table: names.table) }
        let reader = TableReader(stream)
        var count = 0
        while case let group = try reader.group(), !group.isEmpty {
            users.append(try group.map { try IDText.texts($0.column(names.user), name: names.user) })
            items.append(try group.map { try IDText.texts($0.column(names.item), name: names.item) })
            for table in group { try times.append(table.column(names.time)) }
            for column in columns { try column.append(group.map { try $0.column(column.name) }) }
            count += group.reduce(0) { $0 + $1.rowCount }
            progress.update("dataset", done: count, total: nil, unit: "rows", note: names.table)
            guard count <= Int(Int32.max) else {
                throw MartletError(
                    .invalidData, "the table '\(names.table)' has more than \(Int32.max) rows",
                    hint: "select a shorter time in SQL")
            }
        }
        guard count > 0 else {
            throw MartletError(
                .invalidData, "the table '\(names.table)' is empty", hint: "check what the SQL project selects")
        }
        let moments = times.seconds.freeze()
        var frozen = Dictionary(uniqueKeysWithValues: columns.map { ($0.name, $0.freeze()) })
        let weights = try weights(names, frozen, count: count)
        let events = try EventTypes(names, frozen)
        frozen[names.time] = FrozenColumn(
            name: names.time, table: names.table, storage: .moment(moments, scale: 1_000_000), bounds: nil)
        return RawInteractions(
            count: count, users: users.codes, items: items.codes, times: moments, weights: weights, events: events,
            columns: frozen)
    }

    /// The weight of each row times the weight of its type; NaN where there is none.
    private static func weights(
        _ names: DatasetConfiguration.InteractionColumns, _ columns: [String: FrozenColumn], count: Int
    ) throws -> Buffer<Float>? {
        let weight = try names.weight.flatMap { columns[$0] }?.numbers(for: "a weight")
        var typeWeights: (codes: Buffer<Int32>, weights: [Float])?
        if let type = names.type, !names.typeWeights.isEmpty, let column = columns[type] {
            guard case .text(let codes, let offsets, let bytes) = column.storage else {
                throw MartletError(
                    .invalidData, "column '\(type)' of '\(names.table)' says the kind of event and must hold text",
                    hint: "cast it to text in SQL")
            }
            let table = Column(.string(offsets: offsets, bytes: bytes))
            let known = (0..<table.count).map { table.text($0) ?? "" }
            typeWeights = (codes, known.map { Float(names.typeWeights[$0] ?? 1) })
        }
        guard weight != nil || typeWeights != nil else { return nil }
        let weights = GrowableBuffer<Float>(capacity: count)
        for row in 0..<count {
            var value = weight.map { Float($0(row)) } ?? 1
            if let typeWeights, typeWeights.codes[row] >= 0 {
                value *= typeWeights.weights[Int(typeWeights.codes[row])]
            }
            weights.append(value.isFinite ? value : .nan)
        }
        return weights.freeze()
    }
}
