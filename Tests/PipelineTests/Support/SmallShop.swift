import Core
import Features
import FoundationEssentials
import Models
import Pipeline
import Stores
import Synchronization
import Tensor

/// A small shop: 60 users, 40 items of 4 kinds, item `i` of kind `i % 4`; users buy of their own kind. `new0` and `new1`
/// were first sold in the last days, `idle` never.
struct SmallShop: Sendable {
    static let day: Int64 = 86_400
    /// Thirty days from here on.
    static let start: Int64 = 1_600_000_000
    static let end = start + 30 * day

    let folder: String
    let data: InteractionDataset
    let bundles: BundleStore

    /// The shop, built and trained once for all tests.
    static let shared = Result { try SmallShop() }

    /// - Parameter name: what users and items are called, given what this file calls them.
    init(name: (String) -> String = { $0 }) throws {
        folder = "\(FileManager.default.temporaryDirectory.path)/martlet-pipeline-\(UInt64.random(in: 0 ... .max))"
        bundles = BundleStore(folder: folder + "/bundles")
        data = try Self.dataset(folder + "/dataset", name)
        try publish(version: 1)
    }

    static func kind(ofItem id: String) -> Int { Int(id.filter(\.isNumber)).map { $0 % 4 } ?? 0 }

    /// Half its number, so that prices lie between 0 and 19.5.
    static func price(ofItem id: String) -> Double { Double(Int(id.filter(\.isNumber)) ?? 0) / 2 }

    private static func dataset(_ path: String, _ name: (String) -> String) throws -> InteractionDataset {
        var random = RandomSource(seed: 3)
        var rows: [(user: String, item: String, time: Int64)] = []
        for user in 0..<60 {
            for purchase in 0..<20 {
                let kind = random.uniform() < 0.9 ? user % 4 : random.index(below: 4)
                let item = Int(random.uniform() * random.uniform() * 10) * 4 + kind
                rows.append(("u\(user)", "i\(item)", start + Int64(purchase) * day + Int64(random.index(below: 3600))))
            }
        }
        for (place, item) in ["new0", "new1"].enumerated() {
            for user in 0..<4 {
                rows.append(("u\(user * 4 + place)", item, start + Int64(27 + place) * day + Int64(user)))
            }
        }
        rows.append(("u0", "i0", end - 1))
        let interactions = try Table([
            ("user", Column(strings: rows.map { name($0.user) })),
            ("item", Column(strings: rows.map { name($0.item) })),
            ("time", Column(timestamps: rows.map { $0.time * 1_000_000 })),
            ("moment", Column(timestamps: rows.map { $0.time * 1_000_000 })),
        ])
        let ids = (0..<40).map { "i\($0)" } + ["new0", "new1", "idle"]
        let items = try Table([
            ("id", Column(strings: ids.map(name))), ("title", Column(strings: ids.map { "Title of \($0)" })),
            ("kind", Column(strings: ids.map { "kind \(kind(ofItem: $0))" })),
            ("price", Column(doubles: ids.map { $0 == "idle" ? nil : Self.price(ofItem: $0) })),
            ("launched", Column(strings: ids.map { $0 == "idle" ? "2020-10-10" : nil })),
            ("stock", Column(integers: ids.indices.map { $0 % 5 == 0 ? 0 : Int64($0) })),
        ])
        let users = try Table([
            ("id", Column(strings: ((0..<60).map { "u\($0)" } + ["quiet"]).map(name))),
            ("region", Column(strings: (0..<61).map { "region \($0 % 4)" })),
        ])
        let text = "features: {user: {region: categorify}, item: {kind: categorify}, context: {moment: [month]}}"
        var project = ConfigurationFields(
            try ConfigurationNode(yaml: text, file: "martlet.yml"), diagnostics: Diagnostics())
        let configuration = DatasetConfiguration(
            interactions: .init(user: "user", item: "item", time: "time"),
            users: .init(table: "users", id: "id"),
            items: .init(table: "items", id: "id", title: "title", show: ["kind", "price", "stock", "launched"]),
            validation: .none,
            test: .none)
        return try InteractionDatasetBuilder(configuration: configuration, workflow: Workflow(&project)).build(
            users: { TableSequence(schema: users.schema, [users]) },
            items: { TableSequence(schema: items.schema, [items]) },
            interactions: { TableSequence(schema: interactions.schema, [interactions]) }, to: path)
    }

    /// Trains and puts a bundle together; `change` may alter its folder before it is put in place.
    func publish(version: Int, allowed: [Bool]? = nil) throws {
        let configuration = try Self.configuration("{category: kind, appeared: launched}")
        var tower = try ModelRegistry.make(
            kind: "two-tower", hyperparameters: ["layers": [], "dimension": 8, "epochs": 4, "batch-size": 128])
        var ranker = try ModelRegistry.make(
            kind: "dlrm",
            hyperparameters: [
                "dimension": 8, "layers": [16], "bottom-layers": [8], "epochs": 3, "batch-size": 256,
                "learning-rate": 0.1,
            ])
        let options = TrainingOptions(seed: UInt64(version))
        _ = try tower.fit(data, options: options)
        _ = try ranker.fit(data, options: options)
        let work = "\(folder)/work-\(version)"
        try FileManager.default.createDirectory(atPath: work + "/parts", withIntermediateDirectories: true)
        try tower.save(to: work + "/retrieval")
        try ranker.save(to: work + "/ranking")
        var builder = BundleBuilder(
            data, configuration: configuration,
            show: (0..<data.items.count).map { ["title": .string("Title of \(data.items.id($0))")] })
        builder.allowed = allowed
        try builder.write(to: work + "/parts", tower: tower)
        try writeLists(tower, to: work + "/lists")
        var manifest = BundleManifest(
            version: version, run: "run-\(version)", created: Self.end, dataEnd: data.split.end)
        manifest.tower = .init(name: "two-tower", kind: "two-tower")
        manifest.ranker = .init(name: "dlrm", kind: "dlrm")
        manifest.category = "kind"
        try bundles.publish(
            manifest,
            pieces: [("dataset", data.path)] + ["parts", "lists", "retrieval", "ranking"].map { ($0, "\(work)/\($0)") })
    }

    private func writeLists(_ model: any RetrievalModel, to path: String) throws {
        let count = data.users.trainedCount
        let lists = try model.recommend(
            RecommendationRequest(users: Array(0..<Int32(count)), k: 10, at: data.split.end), data: data)
        let schema = Schema([
            ColumnSchema("items", .int32, tags: [.list]), ColumnSchema("scores", .float32, tags: [.list]),
        ])
        let bounds = Buffer((0...count).map { Int64($0 * 10) })
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let writer = try DatasetWriter(path: path + "/users", schema: schema)
        try writer.append(
            Table(
                schema: schema,
                columns: [
                    Column(.int32(Buffer(lists.items)), listOffsets: bounds),
                    Column(.float32(Buffer(lists.scores)), listOffsets: bounds),
                ]))
        _ = try writer.finish()
    }

    static let models: [PipelineConfiguration.ModelName] = [
        .init(name: "popularity", kind: "popularity"), .init(name: "two-tower", kind: "two-tower"),
        .init(name: "dlrm", kind: "dlrm"),
    ]

    /// Reads a declaration.
    ///
    /// - Throws: its faults.
    static func configuration(_ yaml: String) throws -> PipelineConfiguration {
        let diagnostics = Diagnostics()
        var fields = ConfigurationFields(
            try ConfigurationNode(yaml: yaml, file: "martlet.yml"), path: "pipeline", diagnostics: diagnostics)
        let configuration = PipelineConfiguration(&fields, models: models)
        try diagnostics.throwIfAny()
        return configuration
    }

    /// A pipeline over the bundle of a version.
    func pipeline(
        _ yaml: String = "{category: kind, deadline-ms: 60000}", activity: any ActivityReader = NoActivity(),
        version: Int = 1, sources: [any CandidateSource] = []
    ) throws -> RecommendationPipeline {
        let configuration = try Self.configuration(yaml)
        let bundle = try ServedBundle(folder: bundles.path(version: version), configuration: configuration)
        return RecommendationPipeline(configuration, bundle: bundle, activity: activity, sources: sources)
    }
}

/// Events that a test says have happened.
final class ToldActivity: ActivityReader {
    private let told = Mutex<[String: UserActivity]>([:])

    func activity(of user: String) -> UserActivity { told.withLock { $0[user] ?? UserActivity() } }

    /// Tells of an event, newer than those before it; `time` in seconds since 1970.
    func tell(_ kind: Event.Kind, of item: String, by user: String, at time: Int64) {
        told.withLock {
            $0[user, default: UserActivity()].recent
                .insert(UserActivity.Contact(item: item, kind: kind, time: time * 1_000_000), at: 0)
        }
    }
}

extension RecommendationPipeline {
    /// Answers one request, a day after the shop's data ends.
    func answer(_ request: PipelineRequest, at wall: Int64 = SmallShop.end + 86_400) async -> PipelineAnswer {
        await answers(to: [request], wall: wall)[0]
    }
}

extension PipelineAnswer {
    /// The ids of the items.
    var ids: [String] { items.map { bundle.id($0.index) } }
}
