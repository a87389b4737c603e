import Core
import Stores
import Warehouse

/// Brings the newest row of every entity from the warehouse into the online store.
public struct FeatureMaterializer {
    /// What came of one view.
    public struct Result: Sendable {
        /// The view's name.
        public var view: String
        /// The range that was read; no beginning: all that there is.
        public var from: FeatureTimestamp?
        /// Where the range ends.
        public var to: FeatureTimestamp
        /// Rows, one an entity.
        public var rows: Int
        /// What the store did with them.
        public var count: OnlineWriteCount
    }

    private let store: FeatureStore
    private let connection: Connection
    private let progress: any ProgressReporting

    /// How many rows are written at a time.
    private static let batch = 4096

    /// Makes a materialiser of an open store and warehouse.
    public init(_ store: FeatureStore, connection: Connection, progress: any ProgressReporting = SilentProgress()) {
        self.store = store
        self.connection = connection
        self.progress = progress
    }

    /// Materialises views.
    ///
    /// - Parameters:
    ///   - names: the views; none: all that have a source.
    ///   - from: where the range begins; nil: where the last one ended, or at the very beginning.
    ///   - to: where it ends.
    ///   - memory: what was materialised before; each view is noted when it is through.
    /// - Throws: `notFound` for an unknown view or table, `invalidData` for a cell that its field cannot hold, what the
    ///   warehouse or the store throws.
    public func run(
        views names: [String], from: FeatureTimestamp?, to: FeatureTimestamp, memory: inout MaterializedViews
    ) async throws -> [Result] {
        let views =
            names.isEmpty
            ? store.definitions.views.filter { $0.source != nil } : try names.map(store.definitions.view)
        var results: [Result] = []
        for view in views {
            guard let source = view.source else {
                throw MartletError(
                    .invalidConfiguration, "view '\(view.name)' has no source: its rows are pushed",
                    hint: "add 'source: {table: …, timestamp: …}' to it, or leave it out")
            }
            let begin = from ?? memory.end(of: view, in: store.online.summary)
            results.append(try await run(view, source, from: begin, to: to))
            try memory.note(to, of: view, in: store.online.summary)
        }
        return results
    }

    private func run(_ view: FeatureView, _ source: FeatureSource, from: FeatureTimestamp?, to: FeatureTimestamp)
        async throws -> Result
    {
        let task = "materialize \(view.name)"
        progress.begin(task)
        var result = Result(view: view.name, from: from, to: to, rows: 0, count: OnlineWriteCount())
        let sql = FeatureQueries(dialect: connection.dialect).newest(of: view, source: source, from: from, to: to)
        let stream = try connection.query(sql)
        while let table = try stream.next() {
            for start in stride(from: 0, to: table.rowCount, by: Self.batch) {
                let rows = try Self.rows(
                    table, start..<min(start + Self.batch, table.rowCount), view, project: store.definitions.project)
                result.count += try await store.write(rows, view: view)
                result.rows += rows.count
                progress.update(task, done: result.rows, total: nil, unit: "rows", note: "")
            }
        }
        progress.end(
            task,
            summary: "\(view.name): \(result.count.written) of \(result.rows) entities written up to \(to.text), "
                + "\(result.count.skipped) not newer")
        return result
    }

    /// Rows of a batch: keys first, then the moment, then the features.
    private static func rows(_ table: Table, _ range: Range<Int>, _ view: FeatureView, project: String) throws
        -> [OnlineRow]
    {
        let keyCount = view.entities.count
        guard case .timestamp(let moments) = table.columns[keyCount].values else {
            throw MartletError(
                .invalidData,
                "column '\(view.source?.timestamp ?? "")' of '\(view.source?.table ?? "")' holds "
                    + "\(table.columns[keyCount].type.rawValue), and no moments",
                hint: "cast it to a timestamp in SQL")
        }
        var rows: [OnlineRow] = []
        rows.reserveCapacity(range.count)
        for row in range {
            var key: [FeatureValue] = []
            for (entity, column) in zip(view.entities, table.columns) {
                key.append(try cell(column, row, entity.type, name: entity.joinKey, view))
            }
            var values: [FeatureValue?] = []
            values.reserveCapacity(view.fields.count)
            for (field, column) in zip(view.fields, table.columns[(keyCount + 1)...]) {
                values.append(try cell(column, row, field.type, name: field.name, view))
            }
            rows.append(
                OnlineRow(
                    key: view.key(key, project: project), timestamp: FeatureTimestamp(microseconds: moments[row]),
                    values: values))
        }
        return rows
    }

    private static func cell(_ column: Column, _ row: Int, _ type: FeatureType, name: String, _ view: FeatureView)
        throws
        -> FeatureValue
    {
        do {
            return try FeatureValue(column, row: row, as: type)
        } catch {
            throw MartletError(
                error.code, "column '\(name)' of '\(view.source?.table ?? "")': \(error.message)", hint: error.hint)
        }
    }
}
