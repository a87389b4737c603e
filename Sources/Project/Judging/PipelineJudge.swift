import Core
import Evaluation
import Features
import FoundationEssentials
import Models
import Pipeline
import Tensor

/// Judges the whole pipeline on the window that its models are judged on: what it would have answered to each judged user
/// at the window's beginning, who had done nothing since.
struct PipelineJudge {
    /// A model of the pipeline: where it lies, and its kind.
    typealias Held = (path: String, model: BundleManifest.Model)

    let judge: Judge
    let pipeline: PipelineConfiguration
    let tower: Held?
    let ranker: Held?
    /// The model whose lists the source `list` proposes.
    let lists: any RetrievalModel
    /// How long those lists are.
    let listLength: Int
    /// The hyperparameters of item cosine, by which neighbours are found.
    var cosine: JSONValue?

    /// How many users are answered at once.
    private static let block = 64

    /// Measures the pipeline's answers.
    ///
    /// - Parameter scratch: a folder to put a bundle together in, which is removed again.
    func evaluate(name: String, scratch: String) async throws -> ModelEvaluation {
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let bundle = try makeBundle(in: scratch)
        var configuration = pipeline
        // What is judged is the order, not the machine that made it.
        configuration.deadline = 3600
        let answering = RecommendationPipeline(configuration, bundle: bundle, activity: NoActivity())
        let k = min(judge.configuration.ks.last!, max(1, judge.data.items.count))
        var ranked = RankedLists(count: judge.users.count, k: k)
        for start in stride(from: 0, to: judge.users.count, by: Self.block) {
            let rows = start..<min(start + Self.block, judge.users.count)
            let requests = rows.map { PipelineRequest(user: judge.data.users.id(Int(judge.users[$0])), k: k) }
            let answers = await answering.answers(to: requests, wall: moment)
            for (row, answer) in zip(rows, answers) {
                for (place, item) in answer.items.prefix(k).enumerated() {
                    ranked.items[row * k + place] = item.index
                    // Lists are in order; scores of fallbacks are not comparable with those before them.
                    ranked.scores[row * k + place] = -Float(place)
                }
            }
        }
        return try Evaluation.evaluate(
            name: name, lists: ranked, truth: judge.truth, ks: judge.configuration.ks,
            itemCount: judge.data.items.count, bootstrapSeed: judge.seed)
    }

    private var moment: Int64 { judge.data.split[judge.window].lowerBound }

    private func makeBundle(in scratch: String) throws -> ServedBundle {
        let data = judge.data
        try? FileManager.default.removeItem(atPath: scratch)
        try Folder.make("\(scratch)/parts")
        try Folder.make("\(scratch)/lists")
        var builder = BundleBuilder(data, configuration: pipeline, show: (0..<data.items.count).map { _ in [:] })
        // Nothing of what is to be foretold.
        builder.windows = [.train]
        builder.moment = moment
        if let cosine { builder.cosine = cosine }
        _ = try builder.write(
            to: "\(scratch)/parts", tower: try tower.map { try ModelRegistry.load(folder: $0.path) })
        try writeLists(to: "\(scratch)/lists/users")
        var manifest = BundleManifest(
            version: 1, run: "judged", created: moment, dataEnd: moment, category: pipeline.category)
        var pieces = [
            (name: "dataset", path: data.path), (name: "lists", path: "\(scratch)/lists"),
            (name: "parts", path: "\(scratch)/parts"),
        ]
        if let tower {
            manifest.tower = tower.model
            pieces.append((name: "retrieval", path: tower.path))
        }
        if let ranker {
            manifest.ranker = ranker.model
            pieces.append((name: "ranking", path: ranker.path))
        }
        let bundles = BundleStore(folder: "\(scratch)/bundles")
        try bundles.publish(manifest, pieces: pieces)
        return try ServedBundle(folder: bundles.path(version: 1), configuration: pipeline)
    }

    /// The judged users' lists, at their places.
    private func writeLists(to path: String) throws {
        let asksForLists = pipeline.sources.contains { $0.kind == .list }
        var places: [Int32: Int] = [:]
        var made = RankedLists(count: 0, k: 1)
        if asksForLists {
            for (row, user) in judge.users.enumerated() { places[user] = row }
            made = try lists.recommend(
                RecommendationRequest(
                    users: judge.users, k: min(listLength, max(1, judge.data.items.count)), at: moment),
                data: judge.data)
        }
        var offsets: [Int64] = [0]
        var items: [Int32] = []
        var scores: [Float] = []
        for user in 0..<Int32(judge.data.users.count) {
            if let row = places[user] {
                items += made[row]
                scores += made.scores(row)
            }
            offsets.append(Int64(items.count))
        }
        let bounds = Buffer(offsets)
        let writer = try DatasetWriter(path: path, schema: ListMaker.schema)
        try writer.append(
            Table(
                schema: ListMaker.schema,
                columns: [
                    Column(.int32(Buffer(items)), listOffsets: bounds),
                    Column(.float32(Buffer(scores)), listOffsets: bounds),
                ]))
        _ = try writer.finish()
    }
}
