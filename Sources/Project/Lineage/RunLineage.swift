import Core
import Flow

/// What a run's outcome was made of: the model, its data, the SQL, and which run computed each part.
///
/// A step that had not changed was taken from an earlier run; its part of the lineage names that run.
public struct RunLineage: Sendable {
    /// The step that made something.
    public struct Origin: Sendable, Hashable {
        /// The step's name.
        public var step: String
        /// The run that computed it, which may be an earlier one.
        public var run: String
        /// The digest of its code version, parameters and inputs.
        public var key: String
        /// The digest of its main artifact; nil if it left none.
        public var digest: String?
        /// Where that artifact lies; nil if it left none, or it is gone.
        public var path: String?
        /// When the step ended in this run, in seconds since 1970.
        public var ended: Double?
    }

    /// A source as it was loaded.
    public struct Source: Sendable, Hashable {
        /// The source's name.
        public var name: String
        /// Which delivery.
        public var version: Int
        /// Its rows.
        public var rows: Int
        /// The rows that could not be read.
        public var rejected: Int
    }

    /// The run.
    public var run: RunRecord
    /// The model that was chosen on validation.
    public var model: String
    /// Its kind.
    public var kind: String
    /// The point of its grid.
    public var point: String
    /// Its hyperparameters.
    public var hyperparameters: JSONValue
    /// Its metrics on the test window, by name.
    public var metrics: [String: Double]
    /// The training whose model made the lists.
    public var training: Origin?
    /// The dataset that it was trained on.
    public var dataset: Origin?
    /// The dataset's rows by window.
    public var windows: [String: Int]
    /// The SQL.
    public var sql: Origin?
    /// The tables that the SQL built, and their rows.
    public var tables: [String: Int]
    /// The load.
    public var load: Origin?
    /// The sources as they were loaded.
    public var sources: [Source]
    /// The version of lists that it published; nil if none.
    public var version: Int?

    /// Traces a run.
    ///
    /// - Throws: `notFound` if there is no such run, `system` or `corrupted` if the store cannot be read.
    public init(_ store: RunStore, run id: String) throws {
        run = try store.run(id)
        let steps = try store.steps(run: run.id)
        var results: [String: StepResult] = [:]
        for step in steps { results[step.name] = try store.result(run: run.id, step: step.name) }
        func origin(_ name: String, artifact: String) -> Origin? {
            guard let result = results[name] else { return nil }
            let found = result.artifacts[artifact]
            return Origin(
                step: name, run: result.run, key: result.key, digest: found?.digest.hex,
                path: found.flatMap { try? store.artifacts.path(of: $0) },
                ended: steps.first { $0.name == name }?.ended)
        }
        let selection = results["select"]?.value
        model = selection?["winner"]?.string ?? ""
        let choice = selection?["models"]?[model]
        kind = choice?["kind"]?.string ?? ""
        point = choice?["point"]?.string ?? ""
        hyperparameters = choice?["hyperparameters"] ?? .null
        let judged = results["evaluate"]?.value["models"]?.array ?? []
        let name = model
        metrics = (judged.first { $0["name"]?.string == name }?["metrics"]?.object ?? [:]).compactMapValues {
            ($0["value"] ?? $0).number
        }
        let recommended = results["recommend"]?.value
        let trained = recommended?["step"]?.string ?? (results["final"] == nil ? choice?["step"]?.string : "final")
        training = trained.flatMap { origin($0, artifact: "model") }
        let data = recommended?["dataset"]?.string ?? "features"
        dataset = origin(data, artifact: "dataset")
        windows = Self.counts(results[data]?.value)
        sql = origin("transform", artifact: "sql")
        tables = Self.counts(results["transform"]?.value["tables"])
        load = origin("load", artifact: "")
        sources = (results["load"]?.value["sources"]?.object ?? [:]).sorted { $0.key < $1.key }.map { name, source in
            Source(
                name: name, version: source["version"]?.integer ?? 0, rows: source["rows"]?.integer ?? 0,
                rejected: source["rejected"]?.integer ?? 0)
        }
        version = results["publish"]?.value["version"]?.integer
    }

    private static func counts(_ value: JSONValue?) -> [String: Int] {
        (value?.object ?? [:]).compactMapValues(\.integer)
    }
}
