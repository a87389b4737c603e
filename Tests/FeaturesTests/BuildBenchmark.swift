import Core
import Features
import FoundationEssentials
import Testing

/// The build at the size of a real fashion shop. Prints times; asserts only what must hold at any speed.
///
/// `MARTLET_BENCHMARK_ROWS=31800000 swift test -c release --filter BuildBenchmark`
@Suite("Build at scale", .tags(.slow))
struct BuildBenchmark {
    static let rowCount = ProcessInfo.processInfo.environment["MARTLET_BENCHMARK_ROWS"].flatMap { Int($0) }

    @Test(
        "Build a dataset of MARTLET_BENCHMARK_ROWS rows",
        // Minutes of work and gigabytes of memory: only for those who ask for it.
        .enabled(if: rowCount != nil, "set MARTLET_BENCHMARK_ROWS"))
    func build() throws {
        let count = try #require(Self.rowCount)
        let (users, items) = (max(10, count * 137 / 3180), max(10, count * 105 / 31_800))
        let folder = TemporaryFolder()
        let clock = ContinuousClock()
        // What the source alone takes, which is not the build's.
        let generating = try clock.measure {
            let source = SyntheticShop(rows: count, users: users, items: items)
            while try source.next() != nil {}
        }
        let diagnostics = Diagnostics()
        var fields = ConfigurationFields(
            try ConfigurationNode(
                yaml: """
                    features:
                      user: {age: [fill-missing: 0, bucketize: {every: 5}, categorify], postal_code: [categorify: {min-count: 5}]}
                      item: {colour: categorify, mean_price: [join-group-by: {column: price, aggregate: mean}, normalize]}
                      context: {t_dat: [month]}
                      history: {length: 20}
                    """, file: "martlet.yml"), diagnostics: diagnostics)
        let workflow = Workflow(&fields)
        try diagnostics.throwIfAny()
        let builder = InteractionDatasetBuilder(
            configuration: DatasetConfiguration(
                interactions: .init(user: "customer_id", item: "article_id", time: "t_dat"),
                users: .init(table: "customers", id: "id"), items: .init(table: "articles", id: "id")),
            workflow: workflow, progress: Stopwatch())
        var data: InteractionDataset?
        let building = try clock.measure {
            data = try builder.build(
                users: { SyntheticEntities(count: users, isUser: true) },
                items: { SyntheticEntities(count: items, isUser: false) },
                interactions: { SyntheticShop(rows: count, users: users, items: items) }, to: folder("data"))
        }
        let dataset = try #require(data)
        let history = try clock.measure { _ = try dataset.history([.train]) }
        #expect(Window.allCases.reduce(0) { $0 + dataset.rowCount($1) } == count)
        print("build: \(count) rows in \(building), of which the source \(generating); history \(history)")
        print(
            (try? String(contentsOf: URL(filePath: "/proc/self/status"), encoding: .utf8))?
                .split(separator: "\n").filter { $0.hasPrefix("VmHWM") || $0.hasPrefix("RssAnon") }.joined(
                    separator: "\n") ?? "")
    }
}

/// Prints when each part of the build begins.
private struct Stopwatch: ProgressReporting {
    let start = ContinuousClock.now
    func begin(_ task: String) {}
    func update(_ task: String, done: Int, total: Int?, unit: String, note: String) {
        if unit != "rows" || total != nil || note == "sorting" || done % 100 < 2 {
            print("  \(ContinuousClock.now - start) \(note) \(done)")
        }
    }
    func end(_ task: String, summary: String) { print("  \(ContinuousClock.now - start) \(summary)") }
    func note(_ message: String) { print("  \(message)") }
}

/// Rows as a warehouse gives them: 64-character users, 10-digit items, days in order, batches of 65,536.
final class SyntheticShop: TableStream {
    let schema: Schema
    private let rows: Int
    private let users: Int
    private let items: Int
    private var done = 0
    private var source = RandomSource(seed: 1)
    private let userText: [UInt8]
    private let itemText: [UInt8]

    init(rows: Int, users: Int, items: Int) {
        (self.rows, self.users, self.items) = (rows, users, items)
        userText = Self.userTexts(users)
        itemText = Self.itemTexts(items)
        schema = Schema([
            ColumnSchema("t_dat", .timestamp), ColumnSchema("customer_id", .string),
            ColumnSchema("article_id", .string),
            ColumnSchema("price", .float64),
        ])
    }

    static func userTexts(_ count: Int) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        var source = RandomSource(seed: 7)
        var text = [UInt8]()
        text.reserveCapacity(count * 64)
        for _ in 0..<count {
            for _ in 0..<4 {
                var word = source.next()
                for _ in 0..<16 {
                    text.append(digits[Int(word & 15)])
                    word >>= 4
                }
            }
        }
        return text
    }

    static func itemTexts(_ count: Int) -> [UInt8] {
        (0..<count).flatMap { item in
            let digits = String(item * 7)
            return Array((String(repeating: "0", count: 10 - digits.count) + digits).utf8)
        }
    }

    func next() throws -> Table? {
        let count = min(65_536, rows - done)
        guard count > 0 else { return nil }
        var times: [Int64] = []
        var prices: [Double] = []
        let userBytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: count * 64)
        let itemBytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: count * 10)
        for row in 0..<count {
            let skew = source.uniform()
            let user = source.index(below: users)
            let item = min(items - 1, Int(Double(items) * skew * skew * skew))
            userText.withUnsafeBufferPointer {
                (userBytes.baseAddress! + row * 64).update(from: $0.baseAddress! + user * 64, count: 64)
            }
            itemText.withUnsafeBufferPointer {
                (itemBytes.baseAddress! + row * 10).update(from: $0.baseAddress! + item * 10, count: 10)
            }
            times.append((17_794 + Int64((done + row) * 734 / rows)) * 86_400_000_000)
            prices.append(Double(item % 100) / 1000)
        }
        done += count
        func text(_ bytes: UnsafeMutableBufferPointer<UInt8>, width: Int) -> Column {
            Column(
                .string(
                    offsets: Buffer((0...count).map { Int64($0 * width) }),
                    bytes: Buffer(UnsafeBufferPointer(bytes)) { bytes.deallocate() }))
        }
        return try Table(
            schema: schema,
            columns: [
                Column(.timestamp(Buffer(times))), text(userBytes, width: 64), text(itemBytes, width: 10),
                Column(.float64(Buffer(prices))),
            ])
    }
}

/// The users' or the items' table.
final class SyntheticEntities: TableStream {
    let schema: Schema
    private let count: Int
    private let text: [UInt8]
    private let width: Int
    private var done = 0

    init(count: Int, isUser: Bool) {
        self.count = count
        width = isUser ? 64 : 10
        text = isUser ? SyntheticShop.userTexts(count) : SyntheticShop.itemTexts(count)
        schema = Schema([
            ColumnSchema("id", .string), ColumnSchema("age", .float64), ColumnSchema("postal_code", .string),
            ColumnSchema("colour", .string),
        ])
    }

    func next() throws -> Table? {
        let size = min(65_536, count - done)
        guard size > 0 else { return nil }
        let range = done..<done + size
        done += size
        return try Table(
            schema: schema,
            columns: [
                Column(
                    .string(
                        offsets: Buffer((0...size).map { Int64($0 * width) }),
                        bytes: Buffer(text[range.lowerBound * width..<range.upperBound * width]))),
                Column(doubles: range.map { $0 % 70 == 0 ? nil : Double(16 + $0 % 70) }),
                Column(strings: range.map { "postal-code-of-the-shopper-\($0 % 300_000)" }),
                Column(strings: range.map { "colour \($0 % 50)" }),
            ])
    }
}
