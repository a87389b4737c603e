import Core
import FoundationEssentials
import GRDB

/// The points that one step logs to one metric between two writes.
struct PointBatch: Sendable {
    var step: String
    var name: String
    var points: PointBuffer
}

extension RunStore {
    /// The least number of points that a block holds once another follows it.
    private static let smallBlock = 512
    /// The most points in a block.
    private static let largeBlock = 16_384

    /// Adds points to metric series; a point at a place that is taken replaces the one there.
    ///
    /// - Throws: `outOfSpace`, `busy` or `system` if the database cannot be written.
    /// - Complexity: O(points) if they lie behind those that are there, else O(points in the series).
    public func append(_ points: [MetricPoint], run: String) throws {
        var batches: [PointBatch] = []
        var places: [String: [String: Int]] = [:]
        for point in points {
            let place = places[point.step]?[point.name] ?? batches.count
            if place == batches.count {
                batches.append(PointBatch(step: point.step, name: point.name, points: PointBuffer()))
                places[point.step, default: [:]][point.name] = place
            }
            batches[place].points.append(point.index, point.value, point.time)
        }
        try append(batches, run: run)
    }

    /// Adds points in one transaction.
    func append(_ batches: [PointBatch], run: String) throws {
        try write("cannot log metrics") { db in
            for batch in batches where batch.points.count > 0 { try Self.append(batch, run: run, db) }
        }
    }

    static func append(_ batch: PointBatch, run: String, _ db: Database) throws {
        let sql = "SELECT * FROM series WHERE run = ? AND step = ? AND name = ?"
        let row = try Row.fetchOne(db, sql: sql, arguments: [run, batch.step, batch.name])
        var series: MetricSeries
        var summary = CurveSummary()
        if let row {
            series = MetricSeries(row)
            summary = CurveSummary(count: series.count, width: row["width"], data: row["summary"])
        } else {
            let sql = "INSERT INTO series (run, step, name) VALUES (?, ?, ?)"
            try db.execute(sql: sql, arguments: [run, batch.step, batch.name])
            series = MetricSeries(id: db.lastInsertedRowID, run: run, step: batch.step, name: batch.name)
        }
        var fresh = batch.points
        if !fresh.isBehind(series.count > 0 ? series.lastIndex : nil) {
            var all = try points(series: series.id, db)
            all.append(contentsOf: fresh)
            fresh = all.inOrder()
            try db.execute(sql: "DELETE FROM blocks WHERE series = ?", arguments: [series.id])
            summary = CurveSummary()
            series = MetricSeries(id: series.id, run: run, step: batch.step, name: batch.name)
        }
        try insert(fresh, series: series.id, db)
        for place in 0..<fresh.count {
            summary.add(fresh.indices[place], fresh.values[place])
            series.add(fresh.indices[place], fresh.values[place])
        }
        try db.execute(
            sql: """
                UPDATE series SET count = ?, firstIndex = ?, lastIndex = ?, last = ?, minimum = ?, minimumIndex = ?,
                maximum = ?, maximumIndex = ?, width = ?, summary = ? WHERE id = ?
                """,
            arguments: [
                series.count, series.firstIndex, series.lastIndex, series.last, series.minimum, series.minimumIndex,
                series.maximum, series.maximumIndex, summary.width, summary.data, series.id,
            ])
    }

    /// Puts points into blocks, of which the last one there is filled up first.
    private static func insert(_ points: PointBuffer, series: Int64, _ db: Database) throws {
        var points = points
        let sql = "SELECT * FROM blocks WHERE series = ? ORDER BY id DESC LIMIT 1"
        if let row = try Row.fetchOne(db, sql: sql, arguments: [series]), row["count"] < smallBlock {
            var joined = PointBuffer(row)
            joined.append(contentsOf: points)
            points = joined
            try db.execute(sql: "DELETE FROM blocks WHERE id = ?", arguments: [row["id"] as Int64])
        }
        for start in Swift.stride(from: 0, to: points.count, by: largeBlock) {
            let block = points[start..<min(start + largeBlock, points.count)]
            let stride = block.stride
            try db.execute(
                sql: "INSERT INTO blocks (series, count, firstIndex, stride, data) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    series, block.count, block.indices[0], stride, block.data(withIndices: stride == nil),
                ])
        }
    }

    /// Every point of a series, in order.
    static func points(series: Int64, _ db: Database) throws -> PointBuffer {
        var all = PointBuffer()
        let sql = "SELECT * FROM blocks WHERE series = ? ORDER BY id"
        let rows = try Row.fetchCursor(db, sql: sql, arguments: [series])
        while let row = try rows.next() { all.append(contentsOf: PointBuffer(row)) }
        return all
    }
}

extension PointBuffer {
    init(_ row: Row) {
        self.init(count: row["count"], firstIndex: row["firstIndex"], stride: row["stride"], data: row["data"])
    }
}

extension MetricSeries {
    init(id: Int64, run: String, step: String, name: String) {
        self.init(
            id: id, run: run, step: step, name: name, count: 0, firstIndex: 0, lastIndex: 0, last: .nan, minimum: .nan,
            minimumIndex: 0, maximum: .nan, maximumIndex: 0)
    }

    init(_ row: Row) {
        // SQLite keeps NaN as NULL.
        self.init(
            id: row["id"], run: row["run"], step: row["step"], name: row["name"], count: row["count"],
            firstIndex: row["firstIndex"], lastIndex: row["lastIndex"], last: row["last"] ?? .nan,
            minimum: row["minimum"] ?? .nan, minimumIndex: row["minimumIndex"], maximum: row["maximum"] ?? .nan,
            maximumIndex: row["maximumIndex"])
    }

    mutating func add(_ index: Int64, _ value: Double) {
        if count == 0 { firstIndex = index }
        count += 1
        lastIndex = index
        last = value
        if value < minimum || minimum.isNaN && !value.isNaN { (minimum, minimumIndex) = (value, index) }
        if value > maximum || maximum.isNaN && !value.isNaN { (maximum, maximumIndex) = (value, index) }
    }
}
