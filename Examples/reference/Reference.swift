// "Recommendations at reasonable scale" in one file: dataset → workflow → training in parallel → join → test → save →
// cache.   reference run --data demo/data --epochs 5   ·   reference runs   ·   reference resume RUN --from test

import Core
import Evaluation
import Features
import Flow
import Foundation
import Generator
import Models
import Stores
import Tensor
import Warehouse

struct Point: Codable, Sendable {
    enum CodingKeys: String, CodingKey { case batch = "batch-size", epochs, rate = "learning-rate" }
    var batch, epochs: Int
    var rate: Double
}

struct Saved: Codable, Sendable {
    var users, catalogue: [String]
    var items: [Int32]
    var scores: [Float]
}

@main struct Reference {
    static let parameters = [
        FlowParameter("data", "reference/data", help: "the shop's files; made up if there are none"),
        FlowParameter("epochs", 5, help: "how often a model sees the data"),
        FlowParameter("cache", "reference/cache", help: "the store that a page would ask"),
    ]
    static let k = 10
    static let description = """
        interactions: {user: customer_id, item: article_id, time: t_dat}
        users: {id: customer_id}
        items: {id: article_id}
        split: {validation: 28d, test: 28d}
        features: {user: {club_member_status: categorify}, item: {product_type_no: categorify, department_no: categorify}}
        """

    static func main() async { await FlowProgram("reference", parameters: parameters, build: graph).main() }

    static func graph(_ parameters: FlowParameters) throws -> FlowGraph {
        var flow = FlowDefinition("reference")
        let (data, cache, epochs) = (parameters.text("data"), parameters.text("cache"), parameters.integer("epochs"))
        let configuration = try ConfigurationNode(yaml: description, file: "reference")

        // What the shop sold, kept as it was: the run can be repeated when the files have changed.
        let dataset = flow.step("dataset", StepOptions(parameters: .string(data), isMemoised: false)) { context in
            if !FileManager.default.fileExists(atPath: data + "/transactions_train.csv") {
                let shop = GeneratorConfiguration(users: 2000, items: 500, transactions: 60_000, seed: 7)
                _ = try ShopGenerator(configuration: shop).write(to: data, progress: context.progress)
            }
            let warehouse = try Warehouse(.duckdb()).connect()
            for name in ["transactions_train", "customers", "articles"] {
                let text = "read_csv('\(data)/\(name).csv', all_varchar = true)"
                let columns = name == "transactions_train" ? "* replace (t_dat::date as t_dat)" : "*"
                _ = try warehouse.execute(
                    "copy (select \(columns) from \(text)) to '\(context.output(name + ".parquet"))' (format parquet)")
            }
        }

        // Vocabularies and means are fitted before the validation window, once, and saved with what they made.
        let workflow = flow.step("workflow", after: [dataset], StepOptions(parameters: configuration.json)) { context in
            let warehouse = try Warehouse(.duckdb()).connect()
            func rows(_ name: String) throws -> any TableStream {
                try warehouse.query("select * from read_parquet('\(context.input(dataset, name + ".parquet"))')")
            }
            var fields = ConfigurationFields(configuration, diagnostics: Diagnostics())
            let built = try InteractionDatasetBuilder(
                configuration: DatasetConfiguration(&fields), workflow: Workflow(&fields)
            ).build(
                users: { try rows("customers") }, items: { try rows("articles") },
                interactions: { try rows("transactions_train") }, to: context.output("dataset"))
            return ["users": built.users.count, "items": built.items.count, "rows": built.rowCount(.train)]
        }

        // The whole grid, each point in a process of its own, tried again if it dies.
        let grid = [0.1, 0.04].flatMap { rate in [1024, 4096].map { Point(batch: $0, epochs: epochs, rate: rate) } }
        let trained = flow.fanOut(
            "train", over: grid, after: [workflow],
            StepOptions(isolation: .childProcess, retries: RetryPolicy(count: 2), catches: true),
            label: { "batch=\($0.batch) rate=\($0.rate) epochs=\($0.epochs)" }
        ) { point, context in
            let settings = try JSONValue(encoding: point)
            try context.record([Fact](.parameter, settings) + Machine.facts)
            var options = TrainingOptions(validationMetricK: k)
            options.log = { metric, value, epoch in try? context.log(metric, value, at: epoch) }
            var model = try ModelRegistry.make(kind: "two-tower", hyperparameters: settings)
            let report = try model.fit(InteractionDataset.open(context.input(workflow, "dataset")), options: options)
            try model.save(to: context.output("model"))
            return report.validation.max() ?? 0
        }

        // The winner, by its own files.
        let join = flow.step("join", after: [trained]) { context in
            let branches = try context.branches(of: trained)
            guard let winner = branches.max(by: { $0.value < $1.value }) else { throw CancellationError() }
            try FileManager.default.copyItem(atPath: context.input(winner, "model"), toPath: context.output("model"))
            return "\(winner.name): recall@\(k) \(winner.value) on validation, the best of \(branches.count)"
        }

        // The test window, looked at once, beside what sells anyway.
        let test = flow.step("test", after: [workflow, join]) { context in
            let data = try InteractionDataset.open(context.input(workflow, "dataset"))
            var popularity = try ModelRegistry.make(kind: "popularity", hyperparameters: [:])
            _ = try popularity.fit(data, options: TrainingOptions())
            let bought = try data.history([.test])
            let users = (0..<data.users.trainedCount).filter { !bought[$0].isEmpty }
            let truth = SparseRows(
                columns: data.items.count, offsets: users.reduce(into: [0]) { $0.append($0.last! + bought[$1].count) },
                indices: users.flatMap { bought[$0] })
            let request = RecommendationRequest(users: users.map(Int32.init), k: k, at: data.split[.test].lowerBound)
            let winner = try ModelRegistry.load(folder: context.input(join, "model"))
            return try ["winner": winner, "popularity": popularity].mapValues { model in
                let lists = try model.recommend(request, data: data)
                let judged = try evaluate(
                    name: "", lists: lists, truth: truth, ks: [k], itemCount: data.items.count, bootstrapSeed: 1)
                return judged.metrics["recall@\(k)"]?.value ?? 0
            }
        }
        let save = flow.step("save", after: [workflow, join, test]) { context in
            let data = try InteractionDataset.open(context.input(workflow, "dataset"))
            let everyone = Array(0..<Int32(data.users.trainedCount))
            let request = RecommendationRequest(users: everyone, k: k, at: data.split.end)
            let lists = try ModelRegistry.load(folder: context.input(join, "model")).recommend(request, data: data)
            let (users, items) = ((0..<lists.count).map(data.users.id), (0..<data.items.count).map(data.items.id))
            let saved = Saved(users: users, catalogue: items, items: lists.items, scores: lists.scores)
            try AtomicFile.write(JSONEncoder().encode(saved), to: context.output("lists.json"))
        }

        // Into the store that a page asks: checked, and live with one switch.
        flow.step("cache", after: [save], StepOptions(parameters: .string(cache), isMemoised: false)) { context in
            let path = try context.input(save, "lists.json")
            let saved = try JSONDecoder().decode(Saved.self, from: Data(contentsOf: URL(filePath: path)))
            let folder = StoreConfiguration(.rocksdb(path: cache, options: RocksDBOptions()))
            let store = try await folder.open(readOnly: false)
            let writer = try await ListPublisher(store: store, shop: "reference").begin(
                manifest: ListManifest(model: "two-tower", modelVersion: context.run, created: 0, k: k),
                catalogue: saved.catalogue.map { CatalogueItem(id: $0) })
            try await writer.writeUsers(ids: saved.users, items: saved.items, scores: saved.scores)
            let version = try await writer.commit()
            await store.close()
            return ["version": version.version, "lists": version.manifest.lists]
        }
        return try flow.graph()
    }
}
