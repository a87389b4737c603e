import Core

/// Every model by its name in `martlet.yml`.
public enum ModelRegistry {
    /// The models that come with Martlet.
    static let builtIn: [any RetrievalModel.Type] =
        [
            PopularityModel.self,
            ItemCosineModel.self,
            EASEModel.self,
            SLIMModel.self,
            GraphFilterModel.self,
            ImplicitALSModel.self,
            MatrixFactorizationModel.self,
            LightGCNModel.self,
            TwoTowerModel.self,
            YouTubeDNNModel.self,
            BlendModel.self,
        ] + ranking

    /// The names of the models.
    public static var kinds: [String] { models.map { $0.kind } }

    /// Whether a model of `kind` learns in passes that a training can pause between.
    public static func trainsInEpochs(_ kind: String) -> Bool {
        models.contains { $0.kind == kind && $0 is any EpochModel.Type }
    }

    /// About how much memory a training takes, in bytes: what decides how many run side by side.
    ///
    /// Rows, vectors and their optimiser's state for most; EASE holds half of the items' matrix, SLIM what items share.
    public static func trainingMemory(
        kind: String, hyperparameters: JSONValue, users: Int, items: Int, rows: Int
    ) -> Int {
        let dimension = hyperparameters["dimension"]?.integer ?? hyperparameters["factors"]?.integer ?? 64
        let basis = 150_000_000 + 64 * rows + 20 * (users + items) * max(dimension, 16)
        switch kind {
        case EASEModel.kind:
            let most = min(items, hyperparameters["maximum-items"]?.integer ?? 20_000)
            return basis + most * most / 2 * 5
        case SLIMModel.kind: return basis + 1200 * rows
        default: return basis
        }
    }

    /// Makes a model that is not fitted yet.
    ///
    /// - Throws: `notFound` for an unknown kind, `invalidConfiguration` for wrong hyperparameters.
    public static func make(kind: String, hyperparameters: JSONValue = .object([:])) throws -> any RetrievalModel {
        try type(of: kind).init(hyperparameters: hyperparameters)
    }

    /// Reads any model from the folder that it was saved to.
    ///
    /// - Throws: `notFound`, or `corrupted` if a file does not hold what its header promises.
    public static func load(folder: String) throws -> any RetrievalModel {
        let kind = try ModelFolder(folder).description()["kind"]?.string ?? ""
        return try type(of: kind).init(loading: folder)
    }

    /// Checks the hyperparameters of a model of `kind`; an unknown kind is reported with the nearest name.
    public static func check(kind: String, fields: inout ConfigurationFields) {
        do {
            try type(of: kind).check(&fields)
        } catch {
            fields.diagnostics.report(error.message, hint: error.hint, at: fields.location)
        }
    }

    private static func type(of kind: String) throws(MartletError) -> any RetrievalModel.Type {
        if let model = models.first(where: { $0.kind == kind }) { return model }
        throw MartletError(
            .notFound, "there is no model '\(kind)'",
            hint: nearest(to: kind, among: kinds).map { "did you mean '\($0)'?" }
                ?? "the models are \(kinds.joined(separator: ", "))")
    }
}
