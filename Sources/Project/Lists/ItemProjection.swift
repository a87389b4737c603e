import Core
import Features
import Flow
import Models
import Pipeline
import Tensor

/// A run's items as one of its models sees them, in the two directions in which their vectors differ most.
///
/// Vectors are brought to length 1 first, so that the picture shows what items are like and not how popular they are.
/// Source: Pearson, "On lines and planes of closest fit to systems of points in space", 1901.
public struct ItemProjection: Sendable {
    /// One item.
    public struct Point: Sendable {
        /// The item's id.
        public var id: String
        /// Its title; empty if the project names no column for it.
        public var title: String
        /// The first principal component.
        public var x: Double
        /// The second.
        public var y: Double
        /// What the project's category column says of it; empty without one.
        public var category: String
        /// How many interactions of the training window it has.
        public var interactions: Int
    }

    /// The model's name.
    public var model: String
    /// The items, those with most interactions first.
    public var points: [Point]
    /// The share of the vectors' variance that the two directions hold.
    public var explained: Double

    /// Makes the picture of the run's best model that has vectors; nil if none has.
    ///
    /// - Parameters:
    ///   - limit: at most so many items, those with most interactions.
    /// - Throws: `notFound` or `corrupted` if an artifact is damaged.
    /// - Complexity: O(N · tower + limit · D² + D³)
    public init?(runner: ShopRunner, run: String, limit: Int = 1500) throws {
        guard let judged = try runner.store.result(run: run, step: "evaluate")?.value,
            let selection = try runner.store.result(run: run, step: "select")?.value
        else { return nil }
        let metric = judged["selectedBy"]?.string ?? ""
        func value(_ model: JSONValue) -> Double { model["metrics"]?[metric]?["value"]?.number ?? 0 }
        let names = (judged["models"]?.array ?? []).sorted { value($0) > value($1) }.compactMap { $0["name"]?.string }
        for name in names {
            let choice = selection["models"]?[name]
            guard ModelRegistry.queryKinds.contains(choice?["kind"]?.string ?? "") else { continue }
            let isRefitted = try runner.store.result(run: run, step: "retrain[\(name)]") != nil
            let step = isRefitted ? "retrain[\(name)]" : choice?["step"]?.string ?? ""
            let data = try InteractionDataset.open(
                runner.store.path(
                    run: run, step: (isRefitted ? SplitUse.testing : .selection).rawValue, artifact: "dataset"))
            let model = try ModelRegistry.load(folder: runner.store.path(run: run, step: step, artifact: "model"))
            guard let vectors = try Self.vectors(model, data) else { continue }
            try self.init(
                model: name, vectors: vectors, data: data, category: runner.project.pipeline?.category, limit: limit)
            return
        }
        return nil
    }

    /// What an item is like, without the bias behind it that says how popular it is.
    private static func vectors(_ model: any RetrievalModel, _ data: InteractionDataset) throws -> Matrix? {
        guard let query = model as? any QueryModel else { return nil }
        let all = try query.queryTower(data).itemVectors()
        let dimension = model.hyperparameters["dimension"]?.integer
        let hasBias = model.kind == TwoTowerModel.kind || all.columns - 1 == dimension
        let width = all.columns - (hasBias ? 1 : 0)
        guard width >= 2, all.rows >= 2 else { return nil }
        let vectors = Matrix(rows: all.rows, columns: width)
        for item in 0..<all.rows {
            _ = vectors.row(item).update(fromContentsOf: UnsafeBufferPointer(rebasing: all.row(item)[..<width]))
        }
        return vectors
    }

    private init(model: String, vectors: Matrix, data: InteractionDataset, category: String?, limit: Int) throws {
        // The most frequent items stand first.
        let count = min(limit, vectors.rows, max(data.items.trainedCount, 2))
        let (places, explained) = try Self.principal(vectors, count: count)
        var interactions = [Int](repeating: 0, count: data.items.count)
        for item in try data.interactions(.train).items.values { interactions[Int(item)] += 1 }
        let titles = try data.title.flatMap { try data.catalogue?.column($0) }
        let categories = try category.flatMap { name in
            try data.catalogue.flatMap { try $0.schema.names.contains(name) ? $0.column(name) : nil }
        }
        self.model = model
        self.explained = explained
        points = places.enumerated().map { item, place in
            Point(
                id: data.items.id(item), title: titles?.text(item) ?? "", x: place.x, y: place.y,
                category: categories?.text(item) ?? "", interactions: interactions[item])
        }
    }

    /// The first two principal components of the first `count` rows, each row brought to length 1.
    static func principal(_ vectors: Matrix, count: Int) throws -> (places: [(x: Double, y: Double)], Double) {
        let width = vectors.columns
        var rows = (0..<count).map { item -> [Double] in
            let row = vectors.row(item).map(Double.init)
            let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return length > 0 ? row.map { $0 / length } : row
        }
        for column in 0..<width {
            let mean = rows.reduce(0) { $0 + $1[column] } / Double(count)
            for item in 0..<count { rows[item][column] -= mean }
        }
        let covariance = Matrix(rows: width, columns: width)
        for first in 0..<width {
            for second in 0...first {
                let sum = rows.reduce(0) { $0 + $1[first] * $1[second] }
                covariance[first, second] = Float(sum / Double(count))
                covariance[second, first] = covariance[first, second]
            }
        }
        let eigen = try SymmetricEigen(covariance)
        let total = eigen.values.reduce(0) { $0 + Double(max($1, 0)) }
        func component(_ number: Int, _ row: [Double]) -> Double {
            let vector = eigen.vectors.row(number)
            // A direction has no sign of its own: its largest part is taken to be positive, the same every time.
            let largest = vector.max { abs($0) < abs($1) } ?? 1
            return (0..<width).reduce(0) { $0 + row[$1] * Double(vector[$1]) } * (largest < 0 ? -1 : 1)
        }
        let share = total > 0 ? Double(eigen.values[0] + eigen.values[1]) / total : 0
        return (rows.map { (component(0, $0), component(1, $0)) }, share)
    }
}
