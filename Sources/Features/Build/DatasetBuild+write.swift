import Core
import Synchronization
import Tensor

extension DatasetBuild {
    /// Writes the rows of all windows.
    func write(_ sorted: SortedInteractions, users: EncodedEntities) throws {
        let features = workflow.features(.context)
        let sources = features.map { $0.source.flatMap { sorted.columns[$0] } }
        let hashes = features.contains { $0.needsRows } ? (0..<users.count).map(users.hash) : []
        let schema = Schema(
            [
                ColumnSchema("user", .int32, tags: [.user, .id]), ColumnSchema("item", .int32, tags: [.item, .id]),
                ColumnSchema("time", .int64, tags: [.context]), ColumnSchema("weight", .float32, tags: [.context]),
            ]
                + (sorted.events == nil
                    ? [] : [ColumnSchema(InteractionDataset.eventColumn, .int32, tags: [.context])])
                + features.map(\.schema))
        for window in Window.allCases {
            let writer = try DatasetWriter(path: "\(folder)/\(window.rawValue)", schema: schema, isPart: true)
            let places = sorted[window]
            try Self.inChunks(places.count, writer) { chunk in
                let range = places.lowerBound + chunk.lowerBound..<places.lowerBound + chunk.upperBound
                let (rows, all) = (sorted.rows.values, sorted)
                let context =
                    features.contains { $0.needsRows } ? Self.contextRows(sorted, range, hashes) : FeatureRows()
                let events = all.events.map { events in
                    [Column(.int32(Buffer(range.map { events.codes[Int(rows[$0])] })))]
                }
                let encoded = try zip(features, sources).map { feature, source in
                    try feature.encode(source.values(range.count) { Int(rows[range.lowerBound + $0]) }, rows: context)
                }
                return try Table(
                    schema: schema,
                    columns: [
                        Column(.int32(Buffer(range.map { all.users[Int(rows[$0])] }))),
                        Column(.int32(Buffer(range.map { all.items[Int(rows[$0])] }))),
                        Column(.int64(Buffer(range.map { all.times.values[Int(rows[$0])] }))),
                        Column(.float32(Buffer(range.map { all.weights?.values[Int(rows[$0])] ?? 1 }))),
                    ] + (events ?? []) + encoded)
            }
            _ = try writer.finish()
            progress.update(
                "dataset", done: places.count, total: places.count, unit: "rows", note: "\(window.rawValue) written")
        }
    }

    /// Writes the ids and features of users or items.
    func write(_ entities: EncodedEntities, history: SparseRows?) throws {
        let features = workflow.features(entities.group)
        let sources = features.map { $0.source.flatMap(entities.column) }
        var columns = [ColumnSchema("id", .string, tags: [entities.group.tag, .id])] + features.map(\.schema)
        if let history {
            columns.append(
                ColumnSchema(
                    Workflow.historyColumn, .int32, tags: [.user, .list, .categorical], cardinality: history.columns))
        }
        let schema = Schema(columns)
        let length = workflow.historyLength ?? 0
        guard case .string(let offsets, let bytes) = entities.ids.column.values else {
            preconditionFailure("ids are text")
        }
        let writer = try DatasetWriter(
            path: "\(folder)/\(entities.group.rawValue)s", schema: schema, isPart: true)
        try Self.inChunks(entities.count, writer) { range in
            let rows = features.contains { $0.needsRows } ? entities.rows(range) : FeatureRows()
            let part = UnsafeBufferPointer(rebasing: offsets.values[range.lowerBound...range.upperBound])
            var columns = [Column(.string(offsets: Buffer(part) { withExtendedLifetime(offsets) {} }, bytes: bytes))]
            for (feature, source) in zip(features, sources) {
                columns.append(
                    try feature.encode(
                        source.values(range.count) { entities.row(range.lowerBound + $0) }, rows: rows))
            }
            if let history { columns.append(Self.lastItems(history, range, length)) }
            return try Table(schema: schema, columns: columns)
        }
        _ = try writer.finish()
    }

    /// The last items of each user of a range.
    private static func lastItems(_ history: SparseRows, _ users: Range<Int>, _ length: Int) -> Column {
        var items: [Int32] = []
        var bounds: [Int64] = [0]
        for user in users {
            items += history[user].suffix(length)
            bounds.append(Int64(items.count))
        }
        return Column(.int32(Buffer(items)), listOffsets: Buffer(bounds))
    }

    /// The items of each user in training, in time order; nil if the workflow wants none.
    func userHistory(_ sorted: SortedInteractions, users: Int, items: Int) throws -> SparseRows? {
        guard workflow.historyLength != nil else { return nil }
        let window = try Dataset.open("\(folder)/\(Window.train.rawValue)")
        guard case .int32(let userColumn) = try window.column("user").values,
            case .int32(let itemColumn) = try window.column("item").values,
            case .int64(let times) = try window.column("time").values,
            case .float32(let weights) = try window.column("weight").values
        else { preconditionFailure("written a moment ago with these types") }
        let train = Interactions(
            users: userColumn, items: itemColumn, times: times, weights: weights, events: nil, context: window)
        return UserHistories.collect([train], users: users, items: items)
    }

    /// Writes what people are shown of the items, as it came.
    func writeCatalogue(_ items: EncodedEntities) throws {
        let names = shownColumns
        guard !names.isEmpty else { return }
        let columns = names.compactMap(items.column)
        let schema = Schema(
            zip(names, columns).map { name, column in
                ColumnSchema(
                    name, column.kind.shownType, tags: column.isList ? [.item, .text, .list] : [.item, .text])
            })
        let writer = try DatasetWriter(path: "\(folder)/catalogue", schema: schema, isPart: true)
        try Self.inChunks(items.count, writer) { range in
            try Table(
                schema: schema,
                columns: columns.map { $0.gather(range.count) { items.row(range.lowerBound + $0) }.asTableColumn })
        }
        _ = try writer.finish()
    }

    /// Makes tables of some ten thousand rows on all threads at once, and appends them in order.
    private static func inChunks(
        _ count: Int, _ writer: DatasetWriter, _ make: (Range<Int>) throws -> Table
    ) throws {
        let threads = Threads.count
        // The closures read frozen columns only; `withoutActuallyEscaping` would say the same at more length.
        nonisolated(unsafe) let make = make
        for start in stride(from: 0, to: count, by: chunk * threads) {
            let made = Mutex<[Int: Table]>([:])
            try parallelFor(threads) { range, _ in
                for part in range {
                    let first = start + part * chunk
                    guard first < count else { continue }
                    let table = try make(first..<min(first + chunk, count))
                    made.withLock { $0[part] = table }
                }
            }
            let tables = made.withLock { $0 }
            for part in 0..<threads { if let table = tables[part] { try writer.append(table) } }
        }
    }
}

extension FeatureKind {
    /// The type by which values are kept that people are shown.
    fileprivate var shownType: ElementType {
        switch self {
        case .text: .string
        case .real: .float64
        case .integer: .int64
        case .moment: .timestamp
        case .code: .int32
        }
    }
}

extension FeatureColumn {
    /// The values as a table's column, nulls by validity.
    fileprivate var asTableColumn: Column {
        let lists = bounds.map { Buffer($0.map(Int64.init)) }
        func nullable(_ values: Column.Values) -> Column {
            let flags = (0..<valueCount).map { isNull($0) ? UInt8(0) : 1 }
            return Column(
                values, validity: lists == nil && flags.contains(0) ? Buffer(flags) : nil, listOffsets: lists)
        }
        switch values {
        case .text(let column): return Column(column.values, validity: column.validity, listOffsets: lists)
        case .real(let values): return nullable(.float64(Buffer(values)))
        case .integer(let values): return nullable(.int64(Buffer(values)))
        case .moment(let values): return nullable(.timestamp(Buffer(values)))
        case .code(let values): return Column(.int32(Buffer(values)), listOffsets: lists)
        }
    }
}
