import Core
import Features
import FoundationEssentials
import Index
import Models
import Stores
import Tensor

/// A bundle as requests use it: everything that was trained and computed for one published version, loaded once and
/// never changed.
///
/// Tables, histories, neighbours and vectors are memory-mapped; what depends on an item alone in the ranking model is
/// computed here, so that a candidate costs the same in a large catalogue as in a small one.
public final class ServedBundle: Sendable {
    /// What the bundle holds.
    public let manifest: BundleManifest
    /// The users and items.
    public let data: InteractionDataset
    let items: ItemTable
    /// What filters ask of the items.
    let columns: ItemColumns
    let histories: RowLists<Int64>
    let neighbors: RowLists<Float>
    /// The users' lists that were made in batch.
    let lists: RowLists<Float>
    /// The items' vectors; nil if no model makes any.
    let index: (any VectorIndex)?
    let tower: (any QueryTower)?
    /// The ranking models by their names.
    let rankers: [String: any CandidateScorer]
    /// How many of a vector's numbers say what an item is like: a bias behind them says how popular it is.
    let directionWidth: Int
    /// The kinds of events that the models learned from: only these are history to them.
    let learnedKinds: Set<Event.Kind>

    /// The version that the bundle belongs to.
    public var version: Int { manifest.version }

    /// Loads the bundle in `folder`.
    ///
    /// - Throws: `notFound` if there is none, `corrupted` if a part does not hold what it promises, and
    ///   `invalidConfiguration` if it lacks a model that the declaration names.
    /// - Complexity: O(users + N · network)
    public init(folder: String, configuration: PipelineConfiguration) throws {
        let manifest = try BundleManifest(reading: folder)
        let data = try InteractionDataset.open("\(folder)/dataset")
        self.manifest = manifest
        self.data = data
        let count = data.items.count
        items = try ItemTable("\(folder)/parts/items", count: count)
        columns = ItemColumns(data)
        let all = [configuration] + configuration.plan.all
        for condition in all.flatMap({ $0.filters.compactMap(\.condition) })
        where !configuration.freshColumns.contains(condition.column) {
            _ = try columns.mask(condition)
        }
        for rule in all.flatMap(\.rerankers) {
            switch rule {
            case .priceBand(let column, _, _): _ = try columns.numbers(column)
            case .exposureFloor(let group, _, _): if let condition = group.condition { _ = try columns.mask(condition) }
            default: break
            }
        }
        histories = try RowLists(timed: "\(folder)/parts/histories", itemCount: count)
        neighbors = try RowLists(scored: "\(folder)/parts/neighbors", itemCount: count)
        lists = try RowLists(scored: "\(folder)/lists/users", itemCount: count)
        guard histories.count == data.users.count, neighbors.count == count else {
            throw MartletError(
                .corrupted, "the parts of the bundle \(folder) are of another dataset",
                hint: "publish again: martlet publish")
        }
        func model(_ name: String?, _ held: BundleManifest.Model?, _ piece: String) throws -> (any RetrievalModel)? {
            guard let name else { return nil }
            guard held?.name == name else {
                throw MartletError(
                    .invalidConfiguration,
                    "martlet.yml names the model '\(name)', the published bundle holds "
                        + (held.map { "'\($0.name)'" } ?? "none"), hint: "publish again: martlet publish")
            }
            return try ModelRegistry.load(folder: "\(folder)/\(piece)")
        }
        if let towerModel = try model(configuration.tower, manifest.tower, "retrieval") as? any QueryModel {
            tower = try towerModel.queryTower(data)
            let vectors = try IndexChoice(loading: "\(folder)/parts/index.safetensors")
            index = vectors
            let dimension = towerModel.hyperparameters["dimension"]?.integer
            let hasBias = towerModel.kind == TwoTowerModel.kind || vectors.dimensions - 1 == dimension
            directionWidth = vectors.dimensions - (hasBias ? 1 : 0)
        } else {
            tower = nil
            index = nil
            directionWidth = 0
        }
        var rankers: [String: any CandidateScorer] = [:]
        for name in configuration.rankers {
            let other = manifest.otherRankers?.first { $0.name == name }
            let found = try model(name, other ?? manifest.ranker, other == nil ? "ranking" : "ranking-\(name)")
            rankers[name] = try (found as? any CandidateModel)?.candidateScorer(data)
        }
        self.rankers = rankers
        let learned = Set(data.eventTypes.compactMap(Event.Kind.init(rawValue:)))
        learnedKinds = learned.isEmpty ? [.purchase] : learned.union([.purchase])
        // The first request should not be the one that builds the tables of ids.
        _ = data.users.index(of: "")
        _ = data.items.index(of: "")
    }

    /// The neighbours of an item with how near they are, the nearest first.
    package func near(_ item: Int32) -> [(item: Int32, score: Float)] {
        let found = neighbors[Int(item)]
        return zip(found.items, found.numbers).map { ($0, $1) }
    }

    /// The id of an item.
    public func id(_ item: Int32) -> String { data.items.id(Int(item)) }

    /// What is shown of an item: an object as JSON text.
    public func showText(_ item: Int32) -> String { items.showText(item) }
}
