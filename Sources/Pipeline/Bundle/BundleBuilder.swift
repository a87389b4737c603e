import Core
import Features
import Models
import Tensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Computes what a pipeline needs beside the models: vectors in an index, neighbours, what sells, and histories.
public struct BundleBuilder {
    /// The dataset that everything was trained on.
    public let data: InteractionDataset
    /// The declaration.
    public let configuration: PipelineConfiguration
    /// Whether each item may be recommended; nil: all may.
    public var allowed: [Bool]?
    /// What is shown of each item: an object.
    public var show: [JSONValue]
    /// What of the data may be looked at.
    public var windows = Window.allCases
    /// The moment at which the bundle is made, by which what trends is counted; nil: the end of the data.
    public var moment: Int64?
    /// The hyperparameters of item cosine, by which neighbours are found.
    public var cosine: JSONValue = .object([:])

    /// Prepares for a dataset.
    public init(_ data: InteractionDataset, configuration: PipelineConfiguration, show: [JSONValue]) {
        precondition(show.count == data.items.count, "each item is shown")
        self.data = data
        self.configuration = configuration
        self.show = show
    }

    /// Writes the parts into `folder`: `items`, `histories`, `neighbors`, and `index.safetensors` where there are
    /// vectors.
    ///
    /// - Parameter tower: the model whose vectors are searched.
    /// - Returns: which index was made of them; nil without such a model.
    /// - Throws: `invalidConfiguration` for a category column that there is not, what the models and the disk throw.
    /// - Complexity: O(rows + N · tower + what item cosine takes)
    @discardableResult
    public func write(to folder: String, tower: (any RetrievalModel)?) throws -> IndexSummary? {
        try writeItems(to: "\(folder)/items")
        try writeHistories(to: "\(folder)/histories")
        try writeNeighbors(to: "\(folder)/neighbors")
        guard let model = tower as? any QueryModel else { return nil }
        return try writeIndex(of: model.queryTower(data), to: "\(folder)/index.safetensors")
    }

    private func writeItems(to path: String) throws {
        let count = data.items.count
        var popularity = [Float](repeating: 0, count: count)
        var trend = [Double](repeating: 0, count: count)
        var first = [Int64](repeating: .max, count: count)
        let end = moment ?? data.split.end
        for window in windows {
            let part = try data.interactions(window)
            for row in 0..<part.count where part.items[row] >= 0 {
                let item = Int(part.items[row])
                popularity[item] += part.weights[row]
                first[item] = min(first[item], part.times[row])
                let age = max(0, Double(end - part.times[row]))
                trend[item] += Double(part.weights[row]) * exp2(-age / configuration.trendHalfLife)
            }
        }
        let appearances = try appearances(end: end, firstSales: first)
        let writer = try DatasetWriter(path: path, schema: ItemTable.schema)
        try writer.append(
            Table(
                schema: ItemTable.schema,
                columns: [
                    Column(.float32(Buffer(popularity))), Column(.float32(Buffer(trend.map { Float($0) }))),
                    Column(.int64(Buffer(appearances))),
                    Column(.bool(Buffer((0..<count).map { allowed?[$0] ?? true ? 1 : 0 }))),
                    Column(strings: try categories()), Column(strings: show.map(\.description)),
                ]))
        _ = try writer.finish()
    }

    /// Since when each item is there: as its column says, else since its first sale; `Int64.max` where nobody knows, or it
    /// is yet to come.
    private func appearances(end: Int64, firstSales: [Int64]) throws -> [Int64] {
        guard let name = configuration.appeared else { return firstSales }
        guard let column = try data.catalogue?.column(name) else {
            throw MartletError(
                .invalidConfiguration, "'pipeline.appeared' names '\(name)', which is not shown of the items",
                hint: nearest(to: name, among: data.catalogue?.schema.names ?? []).map { "did you mean '\($0)'?" }
                    ?? "add it to 'items.show'")
        }
        return try firstSales.indices.map { item in
            var seconds: Int64?
            if let text = column.text(item) {
                guard let moment = ISOTime.microseconds(text) else {
                    throw MartletError(
                        .invalidData, "'\(name)' of item '\(data.items.id(item))' is no date: '\(text)'",
                        hint: "write dates such as 2026-11-24")
                }
                seconds = moment / 1_000_000
            } else if let number = column.number(item) {
                if case .timestamp = column.values {
                    seconds = Int64(number / 1e6)
                } else {
                    seconds = Int64(exactly: number.rounded())
                }
            }
            guard let seconds else { return firstSales[item] }
            return seconds > end ? .max : min(seconds, firstSales[item])
        }
    }

    private func categories() throws -> [String?] {
        let count = data.items.count
        guard let name = configuration.category else { return [String?](repeating: nil, count: count) }
        let shown = name == data.title ? [name] : data.catalogue?.schema.names ?? []
        if shown.contains(name), let column = try data.catalogue?.column(name) {
            return (0..<count).map { column.text($0) ?? column.number($0).map { JSONValue.number($0).description } }
        }
        let feature = data.workflow.features(.item).first { $0.name == name }
        if let vocabulary = feature?.operators.lazy.compactMap({ $0 as? Categorify }).last?.vocabulary,
            case .int32(let codes) = try data.items.features?.column(name).values
        {
            return (0..<count).map { vocabulary.category(codes[$0]) }
        }
        let known = shown + data.workflow.features(.item).map(\.name)
        throw MartletError(
            .invalidConfiguration, "'pipeline.category' names '\(name)', which is no column of the items",
            hint: nearest(to: name, among: known).map { "did you mean '\($0)'?" }
                ?? "name a column under 'items.show', or a categorical item feature")
    }

    private func writeHistories(to path: String) throws {
        let histories = try UserHistories(data, windows: windows)
        var offsets: [Int64] = [0]
        var items: [Int32] = []
        var times: [Int64] = []
        for user in 0..<Int32(data.users.count) {
            let last = histories.contacts(of: user, last: configuration.historyLength)
            items += last.map(\.item)
            times += last.map(\.time)
            offsets.append(Int64(items.count))
        }
        try Self.write(offsets, .int32(Buffer(items)), ("times", .int64(Buffer(times))), to: path)
    }

    private func writeNeighbors(to path: String) throws {
        var settings = cosine.object ?? [:]
        settings["neighbors"] = .integer(Int64(configuration.neighbors))
        var model = try ItemCosineModel(hyperparameters: .object(settings))
        _ = try model.fit(data, options: TrainingOptions(windows: windows))
        var offsets: [Int64] = [0]
        var items: [Int32] = []
        var scores: [Float] = []
        for start in stride(from: 0, to: data.items.count, by: 4096) {
            let some = Array(Int32(start)..<Int32(min(start + 4096, data.items.count)))
            let lists = try model.similarItems(to: some, k: configuration.neighbors)
            for row in 0..<lists.count {
                items += lists[row]
                scores += lists.scores(row)
                offsets.append(Int64(items.count))
            }
        }
        try Self.write(offsets, .int32(Buffer(items)), ("scores", .float32(Buffer(scores))), to: path)
    }

    private static func write(
        _ offsets: [Int64], _ items: Column.Values, _ numbers: (name: String, values: Column.Values), to path: String
    ) throws {
        let schema = Schema([
            ColumnSchema("items", .int32, tags: [.list]),
            ColumnSchema(numbers.name, numbers.values.type, tags: [.list]),
        ])
        let bounds = Buffer(offsets)
        let writer = try DatasetWriter(path: path, schema: schema)
        try writer.append(
            Table(
                schema: schema,
                columns: [
                    Column(items, listOffsets: bounds), Column(numbers.values, listOffsets: bounds),
                ]))
        _ = try writer.finish()
    }
}
