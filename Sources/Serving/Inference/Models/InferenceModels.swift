import Core
import Features
import Pipeline

/// The models of one published version, by name.
struct InferenceModels: Sendable {
    /// The version's pipeline.
    let served: ServedPipeline
    /// The models in the order in which they are listed.
    let names: [String]
    private let models: [String: any InferenceModel]
    private let statistics: [String: ModelStatistics]

    /// Puts together what a version offers: the whole pipeline under two names, and each of its models.
    ///
    /// - Complexity: O(bytes of the items' and users' ids)
    init(
        _ served: ServedPipeline, configuration: ServingConfiguration.Inference, limits: ServingConfiguration.Limits,
        noteAnswer: @escaping @Sendable (PipelineAnswer) -> Void
    ) throws(InferenceFault) {
        self.served = served
        let (pipeline, manifest) = (served.pipeline, served.pipeline.bundle.manifest)
        let ids = try ItemIDs(pipeline.bundle, type: configuration.itemIDs)
        let userType = Self.userType(pipeline.bundle)
        var models: [any InferenceModel] = [
            PipelineInferenceModel(
                configuration.pipeline, served, ids: ids, names: .init(), userType: .bytes, mostItems: limits.items,
                noteAnswer: noteAnswer),
            PipelineInferenceModel(
                configuration.ensemble, served, ids: ids, names: .ordered, userType: userType,
                mostItems: limits.items, noteAnswer: noteAnswer),
        ]
        if let tower = manifest.tower, let width = pipeline.vectorWidth {
            models += [
                UserVectorModel(
                    "\(tower.name)-user", kind: tower.kind, pipeline, width: width, userType: .bytes),
                ItemVectorModel("\(tower.name)-item", kind: tower.kind, pipeline, width: width, ids: ids),
                ItemSearchModel(
                    "\(tower.name)-index", pipeline, width: width, ids: ids,
                    standard: min(pipeline.configuration.k, limits.items), mostItems: limits.items),
            ]
        }
        if let ranker = manifest.ranker, pipeline.ranks {
            models.append(
                RankingInferenceModel(ranker.name, kind: ranker.kind, pipeline, ids: ids, userType: .bytes))
        }
        // A model of the project that is called as the pipeline is gives way.
        self.models = Dictionary(models.map { ($0.specification.name, $0) }) { first, _ in first }
        var known: Set<String> = []
        names = models.map(\.specification.name).filter { known.insert($0).inserted }
        statistics = Dictionary(uniqueKeysWithValues: names.map { ($0, ModelStatistics()) })
    }

    /// The version's number as text.
    var version: String { String(served.pipeline.bundle.version) }

    /// The model of this name and what was counted of it.
    ///
    /// - Parameter version: the version that is asked for; nil or empty: the one that is served.
    /// - Throws: a `notFound` fault.
    func find(_ name: String, version wish: String?) throws(InferenceFault) -> (any InferenceModel, ModelStatistics) {
        guard let model = models[name], let counts = statistics[name] else {
            throw InferenceFault(
                .notFound, "there is no model '\(name.prefix(100))'",
                hint: nearest(to: name, among: names).map { "did you mean '\($0)'?" }
                    ?? "the models are \(names.joined(separator: ", "))")
        }
        if let wish, !wish.isEmpty, wish != version {
            throw InferenceFault(
                .notFound, "the model '\(name)' has no version '\(wish.prefix(40))'",
                hint: "the version that is served is \(version); leave it out to get the live one")
        }
        return (model, counts)
    }

    /// The type that the users' ids would have as numbers: INT32 where it is wide enough, and BYTES for what is none.
    private static func userType(_ bundle: ServedBundle) -> TensorType {
        var largest: Int64 = 0
        for user in 0..<bundle.data.users.count {
            guard let number = ItemIDs.number(bundle.data.users.id(user)) else { return .bytes }
            largest = max(largest, number.magnitude > Int64.max ? .max : abs(number))
        }
        return largest <= Int64(Int32.max) ? .int32 : .int64
    }
}
