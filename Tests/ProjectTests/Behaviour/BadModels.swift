import Core
import Features
import Foundation
import Models
import Synchronization
import Tensor

/// What the deliberately bad models share: they learn nothing that deserves the name.
protocol BadModel: RetrievalModel {
    init()
    /// What the model keeps of the training: items of users, by place.
    var memory: [[Int32]] { get set }
    /// What it thinks of each item, for one user.
    func scores(user: Int, data: InteractionDataset) throws -> [Float]
    /// What it keeps of a dataset.
    static func remember(_ data: InteractionDataset) throws -> [[Int32]]
}

extension BadModel {
    static func check(_ fields: inout ConfigurationFields) { fields.finish() }
    init(hyperparameters: JSONValue) throws { self.init() }
    var hyperparameters: JSONValue { [:] }
    static func remember(_ data: InteractionDataset) throws -> [[Int32]] { [] }

    mutating func fit(_ data: InteractionDataset, options: TrainingOptions) throws -> TrainingReport {
        memory = try Self.remember(data)
        return TrainingReport(
            model: Self.kind, interactions: data.rowCount(.train), seconds: 0, samplesPerSecond: 0, peakMemoryBytes: 0)
    }

    func recommend(_ request: RecommendationRequest, data: InteractionDataset) throws -> RankedLists {
        var lists = RankedLists(count: request.users.count, k: request.k)
        for (row, user) in request.users.enumerated() {
            let scores = try scores(user: Int(user), data: data)
            let excluded = Set(request.exclude?[row] ?? [])
            let order = scores.indices.filter {
                (request.allowed?[$0] ?? true) && !excluded.contains(Int32($0))
            }.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
            for (place, item) in order.prefix(request.k).enumerated() {
                lists.items[row * request.k + place] = Int32(item)
                lists.scores[row * request.k + place] = scores[item]
            }
        }
        return lists
    }

    func similarItems(to items: [Int32], k: Int) throws -> RankedLists { RankedLists(count: items.count, k: k) }

    func score(users: [Int32], items: [Int32], data: InteractionDataset) throws -> [Float] {
        try zip(users, items).map { try scores(user: Int($0), data: data)[Int($1)] }
    }

    func save(to folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let rows = JSONValue.array(memory.map { .array($0.map { .integer(Int64($0)) }) })
        let json: JSONValue = ["format": "martlet-model-1", "kind": .string(Self.kind), "memory": rows]
        try AtomicFile.write(json.description, to: "\(folder)/model.json")
    }

    init(loading folder: String) throws {
        self.init()
        let json = try JSONValue(parsing: String(contentsOfFile: "\(folder)/model.json", encoding: .utf8))
        memory = (json["memory"]?.array ?? []).map { ($0.array ?? []).compactMap { $0.integer.map(Int32.init) } }
    }

    /// Better the more often it was bought: items are numbered so.
    static func bestsellers(_ data: InteractionDataset) -> [Float] { (0..<data.items.count).map { -Float($0) } }
}

/// Scores drawn at random.
struct RandomScores: BadModel {
    static let kind = "random-scores"
    var memory: [[Int32]] = []
    func scores(user: Int, data: InteractionDataset) throws -> [Float] {
        var random = RandomSource(seed: 7, stream: UInt64(user + 1))
        return (0..<data.items.count).map { _ in Float(random.uniform()) }
    }
}

/// Bestsellers for everybody, under a name that does not say so.
struct BestsellersOnly: BadModel {
    static let kind = "bestsellers-only"
    var memory: [[Int32]] = []
    func scores(user: Int, data: InteractionDataset) throws -> [Float] { Self.bestsellers(data) }
}

/// Looks up what it will be judged by while it recommends.
struct TestReader: BadModel {
    static let kind = "test-reader"
    var memory: [[Int32]] = []
    func scores(user: Int, data: InteractionDataset) throws -> [Float] {
        var scores = Self.bestsellers(data)
        let window = try data.interactions(.test)
        for row in 0..<window.count where Int(window.users.values[row]) == user {
            scores[Int(window.items.values[row])] = 1
        }
        return scores
    }
}

/// Learns the later windows by heart while it trains, and looks at nothing afterwards.
struct TestLearner: BadModel {
    static let kind = "test-learner"
    var memory: [[Int32]] = []
    static func remember(_ data: InteractionDataset) throws -> [[Int32]] {
        let later = try data.history([.validation, .test])
        return (0..<later.rows).map { Array(later[$0]) }
    }
    func scores(user: Int, data: InteractionDataset) throws -> [Float] {
        var scores = Self.bestsellers(data)
        for item in memory[user] { scores[Int(item)] = 1 }
        return scores
    }
}
