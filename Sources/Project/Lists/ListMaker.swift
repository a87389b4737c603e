import Core
import Features
import Models
import Tensor
import Warehouse

/// Makes the lists that are published, block by block, into datasets on disk.
struct ListMaker {
    private let project: ProjectConfiguration
    private let data: InteractionDataset
    private let model: any RetrievalModel
    private let progress: any ProgressReporting
    private let allowed: [Bool]?

    /// Users a block: large enough for the matrix product, small enough for memory.
    private static let block = 16_384
    static let schema = Schema([
        ColumnSchema("items", .int32, tags: [.list]), ColumnSchema("scores", .float32, tags: [.list]),
    ])

    /// Asks the warehouse which items may be recommended, where the project says so.
    init(
        project: ProjectConfiguration, data: InteractionDataset, model: any RetrievalModel,
        progress: any ProgressReporting
    ) throws {
        self.project = project
        self.data = data
        self.model = model
        self.progress = progress
        allowed = try project.recommendation.only.map { try Self.allowed(where: $0, project: project, data: data) }
    }

    /// Lists for all users, in the dataset's order. Users without training interactions get none: they are served the
    /// fallback, until they buy.
    ///
    /// - Returns: how many users have a list.
    func writeUsers(to path: String) throws -> Int {
        let count = data.users.trainedCount
        let seen = project.recommendation.excludesSeen ? try data.history([.train]) : nil
        let task = "recommend"
        progress.begin(task)
        let written = try write(count, to: path) { range in
            let users = range.map(Int32.init)
            defer { progress.update(task, done: range.upperBound, total: count, unit: "users", note: "") }
            return try model.recommend(
                RecommendationRequest(
                    users: users, k: min(project.recommendation.k, data.items.count),
                    exclude: seen?.distinct(rows: Array(range)), allowed: allowed, at: data.split.end),
                data: data)
        }
        progress.end(task, summary: "\(written) lists")
        return written
    }

    /// Similar items for all items that have any.
    func writeSimilar(to path: String) throws -> Int {
        let k = min(project.recommendation.similar, data.items.count - 1)
        return try write(k > 0 ? data.items.trainedCount : 0, to: path) { range in
            try model.similarItems(to: range.map(Int32.init), k: k)
        }
    }

    /// What new users get: recent popularity, of all and of each segment.
    ///
    /// - Returns: the segments' names, in the order of their rows; the first is for everyone.
    func writeFallbacks(to path: String) throws -> [String] {
        let segment = project.recommendation.segment
        var popularity = try PopularityModel(
            hyperparameters: segment.map { ["segment": .string($0)] } ?? .object([:]))
        _ = try popularity.fit(data, options: TrainingOptions(seed: project.seed))
        let lists = try popularity.fallbacks(k: min(project.recommendation.k, data.items.count), allowed: allowed)
        _ = try write(lists.count, to: path) { range in lists.rows(range) }
        return [""] + (0..<lists.count - 1).map { code in segment.flatMap { name(ofCode: code, feature: $0) } ?? "" }
    }

    /// The text behind a code of a categorical user feature; nil for the codes of null and of unknown values.
    private func name(ofCode code: Int, feature: String) -> String? {
        let feature = data.workflow.features(.user).first { $0.name == feature }
        let categorify = feature?.operators.lazy.compactMap { $0 as? Categorify }.last
        return categorify?.vocabulary?.category(Int32(code))
    }

    /// Writes `count` lists, made a block at a time.
    private func write(
        _ count: Int, to path: String, _ make: (Range<Int>) throws -> RankedLists
    ) throws -> Int {
        let writer = try DatasetWriter(path: path, schema: Self.schema)
        var filled = 0
        for start in stride(from: 0, to: count, by: Self.block) {
            let range = start..<min(start + Self.block, count)
            let lists = try make(range)
            var offsets: [Int64] = [0]
            var items: [Int32] = []
            var scores: [Float] = []
            for row in 0..<lists.count {
                for place in row * lists.k..<(row + 1) * lists.k where lists.items[place] >= 0 {
                    items.append(lists.items[place])
                    scores.append(lists.scores[place])
                }
                if Int64(items.count) > offsets.last! { filled += 1 }
                offsets.append(Int64(items.count))
            }
            let bounds = Buffer(offsets)
            try writer.append(
                Table(
                    schema: Self.schema,
                    columns: [
                        Column(.int32(Buffer(items)), listOffsets: bounds),
                        Column(.float32(Buffer(scores)), listOffsets: bounds),
                    ]))
        }
        _ = try writer.finish()
        return filled
    }

    /// Which items meet a condition in SQL on the items table.
    static func allowed(
        where condition: String, project: ProjectConfiguration, data: InteractionDataset
    ) throws -> [Bool] {
        guard let items = project.dataset.items else {
            throw MartletError(
                .invalidConfiguration, "'recommend.only' needs an items table", hint: "name one under 'items:'")
        }
        let connection = try Warehouse(project.warehouse).connect()
        let path = items.table.split(separator: ".").map(String.init)
        let dialect = connection.dialect
        let stream = try connection.query(
            "select \(dialect.quote(items.id)) from \(dialect.quote(path)) where \(condition)")
        var allowed = [Bool](repeating: false, count: data.items.count)
        while let batch = try stream.next() {
            let ids = batch.columns[0]
            for row in 0..<batch.rowCount {
                if let id = ids.text(row), let index = data.items.index(of: id) { allowed[index] = true }
            }
        }
        return allowed
    }
}
