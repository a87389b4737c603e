import Core
import Stores
import Warehouse

/// The items of logged answers as rows for the warehouse, one for each place, from where an earlier load stopped.
final class ImpressionRows: GrowingRows {
    let schema = Schema([
        ColumnSchema("impression_id", .string), ColumnSchema("answer_id", .string), ColumnSchema("request_id", .string),
        ColumnSchema("user_id", .string), ColumnSchema("item_id", .string), ColumnSchema("position", .int64),
        ColumnSchema("score", .float64), ColumnSchema("propensity", .float64), ColumnSchema("team", .string),
        ColumnSchema("variants", .string), ColumnSchema("version", .int64), ColumnSchema("shown_at", .timestamp),
        ColumnSchema("received_at", .timestamp), ColumnSchema("_file", .string),
    ])
    /// About how many bytes of a segment make one batch of rows.
    private static let batchBytes = 4 << 20

    let key = "impression_id"
    private(set) var places: [String: Int]
    private(set) var faults: [(file: String, reason: String)] = []
    private var rest: ArraySlice<EventSegment>

    /// Begins behind `places`, bytes by file name.
    init(folder: String, after places: [String: Int]) {
        self.places = places
        rest = EventSegment.all(in: folder)[...]
    }

    func next() throws -> Table? {
        while let segment = rest.first {
            let start = places[segment.name] ?? 0
            var answers: [LoggedAnswer] = []
            let reading = try segment.readAnswers(from: start, limit: Self.batchBytes) { answers.append($0) }
            faults += reading.faults.map { (segment.path, $0.message) }
            if reading.end == start {
                rest.removeFirst()
                continue
            }
            places[segment.name] = reading.end
            let table = try table(answers, segment)
            if table.rowCount > 0 { return table }
        }
        return nil
    }

    private func table(_ answers: [LoggedAnswer], _ segment: EventSegment) throws -> Table {
        let rows = answers.flatMap { answer in answer.items.indices.map { (answer: answer, place: $0) } }
        func texts(_ text: (LoggedAnswer, LoggedAnswer.Item) -> String?) -> Column {
            Column(strings: rows.map { text($0.answer, $0.answer.items[$0.place]) })
        }
        func numbers(_ number: (LoggedAnswer.Item) -> Double?) -> Column {
            Column(doubles: rows.map { number($0.answer.items[$0.place]) })
        }
        let times = Column(timestamps: rows.map(\.answer.time))
        return try Table(
            schema: schema,
            columns: [
                Column(strings: rows.map { "\($0.answer.id)/\($0.place + 1)" }), texts { answer, _ in answer.id },
                texts { answer, _ in answer.request }, texts { answer, _ in answer.user }, texts { $1.item },
                Column(integers: rows.map { Int64($0.place + 1) }),
                numbers { $0.score.isFinite ? Double($0.score) : nil }, numbers(\.propensity), texts { $1.team },
                texts { answer, _ in
                    answer.variants.isEmpty
                        ? nil : JSONValue.object(answer.variants.mapValues { .string($0) }).description
                },
                Column(integers: rows.map { Int64($0.answer.version) }), times, times,
                Column(strings: rows.map { _ in segment.name }),
            ])
    }
}
