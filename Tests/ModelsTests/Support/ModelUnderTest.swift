import Core
import Features
import Models
import Synchronization
import Tensor
import Testing

/// A model with hyperparameters that suit the planted shop.
struct ModelUnderTest: CustomTestStringConvertible, Sendable {
    var kind: String
    var name: String
    var hyperparameters: JSONValue

    var testDescription: String { name }

    static let all: [ModelUnderTest] =
        [
            ModelUnderTest(kind: "popularity", name: "popularity", hyperparameters: ["half-life": "60d"]),
            ModelUnderTest(
                kind: "popularity", name: "popularity by segment",
                hyperparameters: ["half-life": "60d", "segment": "region"]),
            // Nobody of the planted shop has a reason to buy the same again.
            ModelUnderTest(kind: "item-cosine", name: "item-cosine", hyperparameters: ["self-similarity": 1]),
            ModelUnderTest(
                kind: "item-cosine", name: "item-cosine, bm25 and decay",
                hyperparameters: [
                    "weighting": "bm25", "half-life": "90d", "history-half-life": "30d", "self-similarity": 1,
                ]),
            ModelUnderTest(kind: "gf-cf", name: "gf-cf", hyperparameters: ["factors": 16]),
            ModelUnderTest(kind: "ease", name: "ease", hyperparameters: ["regularization": 20]),
            ModelUnderTest(kind: "slim", name: "slim", hyperparameters: ["l1": 1, "l2": 20]),
            ModelUnderTest(
                kind: "ials", name: "ials",
                hyperparameters: ["dimension": 16, "epochs": 8, "unobserved-weight": 0.3, "regularization": 0.01]),
            ModelUnderTest(
                kind: "ials", name: "ials in blocks",
                hyperparameters: [
                    "dimension": 16, "epochs": 12, "unobserved-weight": 0.3, "regularization": 0.01, "solver": "block",
                    "block-size": 8,
                ]),
            twoTower, sumOfEmbeddings,
            ModelUnderTest(
                kind: "two-tower", name: "two-tower, adam, dropout, shared history",
                hyperparameters: [
                    "layers": [32, 16], "batch-size": 256, "epochs": 6, "optimizer": "adam", "learning-rate": 0.01,
                    "dropout": 0.1, "history-shared": true, "history-half-life": "30d", "half-life": "60d",
                    "item-bias": false,
                ]),
            ModelUnderTest(
                kind: "youtube-dnn", name: "youtube-dnn",
                hyperparameters: [
                    "layers": [32, 16], "embedding": 16, "batch-size": 256, "epochs": 12, "learning-rate": 0.01,
                    "negatives": 0,
                ]),
            ModelUnderTest(
                kind: "youtube-dnn", name: "youtube-dnn, sampled, inner product",
                hyperparameters: [
                    "layers": [16], "embedding": 16, "batch-size": 64, "epochs": 12, "learning-rate": 0.01,
                    "negatives": 20, "similarity": "dot", "history-half-life": "30d",
                ]),
            ModelUnderTest(
                kind: "blend", name: "blend of three",
                hyperparameters: [
                    "members": [
                        ["kind": "item-cosine", "self-similarity": 1], ["kind": "popularity"],
                        ["kind": "two-tower", "layers": [], "dimension": 16, "batch-size": 256, "epochs": 6],
                    ]
                ]),
        ] + ranking + factors

    static let twoTower = ModelUnderTest(
        kind: "two-tower", name: "two-tower",
        hyperparameters: ["layers": [32, 16], "batch-size": 256, "epochs": 6, "temperature": 0.1])

    static let sumOfEmbeddings = ModelUnderTest(
        kind: "two-tower", name: "two-tower without layers",
        hyperparameters: [
            "layers": [], "dimension": 16, "batch-size": 256, "epochs": 15, "temperature": 0.2,
            "optimizer": "adagrad-full",
        ])

    /// A model that is not fitted.
    func make() throws -> any RetrievalModel { try ModelRegistry.make(kind: kind, hyperparameters: hyperparameters) }

    /// A model fitted on a dataset; tests share it, since none changes it.
    func fitted(_ data: InteractionDataset, seed: UInt64 = 42) throws -> any RetrievalModel {
        let slot = Self.slots.withLock { slots in
            let key = "\(name) \(hyperparameters) \(seed) \(data.path)"
            let slot = slots[key] ?? Slot()
            slots[key] = slot
            return slot
        }
        return try slot.model.withLock { model in
            if let model { return model }
            let made = try fittedAnew(data, seed: seed)
            model = made
            return made
        }
    }

    /// A model fitted on a dataset for the caller alone.
    func fittedAnew(_ data: InteractionDataset, seed: UInt64 = 42) throws -> any RetrievalModel {
        var model = try make()
        _ = try model.fit(data, options: TrainingOptions(seed: seed, threads: 2))
        return model
    }

    private final class Slot: Sendable {
        let model = Mutex<(any RetrievalModel)?>(nil)
    }

    private static let slots = Mutex<[String: Slot]>([:])
}

/// Recall@k of a model's lists on the test window, all users with training interactions.
func recall(_ model: any RetrievalModel, _ data: InteractionDataset, k: Int = 12) throws -> Double {
    let part = try data.interactions(.test)
    var truth: [Int32: Set<Int32>] = [:]
    for row in 0..<part.count where part.users[row] >= 0 && Int(part.users[row]) < data.users.trainedCount {
        if part.items[row] >= 0 { truth[part.users[row], default: []].insert(part.items[row]) }
    }
    let users = truth.keys.sorted()
    let lists = try model.recommend(
        RecommendationRequest(users: users, k: k, at: data.split.testStart), data: data)
    var sum = 0.0
    for (row, user) in users.enumerated() {
        sum += Double(lists[row].count { truth[user]!.contains($0) }) / Double(truth[user]!.count)
    }
    return sum / Double(users.count)
}
