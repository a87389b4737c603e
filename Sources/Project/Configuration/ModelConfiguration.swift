import Core
import Models

/// One model of a project: a kind, its hyperparameters, and the values to try: a grid, or a random search, perhaps with
/// hopeless points stopped early.
public struct ModelConfiguration: Sendable {
    /// One combination of the values to try.
    public struct Point: Sendable, Hashable {
        /// The model's name, and behind it the values that were chosen: `two-tower learning-rate=0.02`.
        public var label: String
        /// All hyperparameters that the project names.
        public var hyperparameters: JSONValue
    }

    /// The name in `martlet.yml`, which reports use.
    public var name: String
    /// The kind of model, such as `two-tower`.
    public var kind: String
    /// The points to train; one if there is neither grid nor search.
    public var points: [Point]
    /// When hopeless points are stopped; nil: all are trained to their end.
    public var halving: SuccessiveHalving?

    /// Reads one entry of `models:`; faults go to `diagnostics`.
    ///
    /// - Parameter seed: the project's, from which a random search draws.
    init(name: String, node: ConfigurationNode, path: String, seed: UInt64, diagnostics: Diagnostics) {
        self.name = name
        var entries: [(key: String, location: SourceLocation, value: ConfigurationNode)] = []
        switch node.content {
        case .mapping(let found): entries = found
        case .null: break
        default:
            diagnostics.report("'\(path)' must be a mapping of hyperparameters, found \(node.kind)", at: node.location)
        }
        var outer = ConfigurationFields(
            ConfigurationNode(.mapping(entries.filter { Self.ownKeys.contains($0.key) }), location: node.location),
            path: path, diagnostics: diagnostics)
        kind = outer.string("kind", default: name)
        var choices = Self.combinations(
            of: Self.axes(of: outer.named("grid"), path: path, diagnostics: diagnostics))
        if let search = outer.node("search") {
            if outer.has("grid") {
                diagnostics.report(
                    "'\(path)' has both 'grid' and 'search'", hint: "keep one; a list of values may stand in 'search'",
                    at: search.location)
            }
            choices = SearchSpace(search, path: "\(path).search", diagnostics: diagnostics)
                .points(seed: seed, model: name)
        }
        entries.removeAll { Self.ownKeys.contains($0.key) }

        points = []
        guard ModelRegistry.kinds.contains(kind) else {
            let known = ModelRegistry.kinds
            diagnostics.report(
                "'\(path)': there is no model '\(kind)'",
                hint: nearest(to: kind, among: known).map { "did you mean '\($0)'?" }
                    ?? "the models are \(known.joined(separator: ", ")); a name of your own needs 'kind:' below it",
                at: node.location)
            return
        }
        halving = outer.node("halving").flatMap { node in
            SuccessiveHalving(
                node, path: "\(path).halving", kind: kind, trainsInEpochs: ModelRegistry.trainsInEpochs(kind),
                diagnostics: diagnostics)
        }
        for choice in choices {
            let chosen = Set(choice.map(\.key))
            let merged = ConfigurationNode(
                .mapping(entries.filter { !chosen.contains($0.key) } + choice), location: node.location)
            var fields = ConfigurationFields(merged, path: path, diagnostics: diagnostics)
            ModelRegistry.check(kind: kind, fields: &fields)
            fields.finish()
            let values = choice.map { "\($0.key)=\(Self.text(of: $0.value.json))" }.joined(separator: " ")
            points.append(
                Point(label: values.isEmpty ? name : "\(name) \(values)", hyperparameters: merged.json))
        }
    }

    /// What is said about a model beside its hyperparameters.
    private static let ownKeys: Set<String> = ["kind", "grid", "search", "halving"]

    private typealias Axis = [SearchSpace.Entry]

    private static func axes(of grid: Axis, path: String, diagnostics: Diagnostics) -> [Axis] {
        grid.compactMap { entry in
            guard case .sequence(let values) = entry.value.content, !values.isEmpty else {
                diagnostics.report(
                    "'\(path).grid.\(entry.key)' must be a list of values to try, found \(entry.value.kind)",
                    hint: "write \(entry.key): [first, second]", at: entry.value.location)
                return nil
            }
            return values.map { (entry.key, entry.location, $0) }
        }
    }

    private static func combinations(of axes: [Axis]) -> [Axis] {
        axes.reduce([[]]) { combined, axis in
            combined.flatMap { chosen in axis.map { chosen + [$0] } }
        }
    }

    private static func text(of value: JSONValue) -> String { value.string ?? value.description }
}
