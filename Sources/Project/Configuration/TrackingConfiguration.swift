import Core

/// Where trainings are told of beside the project's own store.
public struct TrackingConfiguration: Sendable {
    /// The address of an MLflow tracking server; nil: none.
    public var mlflow: String?
    /// The experiment under which the server files them.
    public var experiment: String
    /// A token that the server asks for.
    public var token: String?

    /// Reads `tracking:`.
    init(_ fields: inout ConfigurationFields, shop: String) {
        mlflow = fields.string("mlflow")
        experiment = fields.string("experiment", default: shop)
        token = fields.string("token")
        if let mlflow, !mlflow.hasPrefix("http://"), !mlflow.hasPrefix("https://") {
            fields.diagnostics.report(
                "'tracking.mlflow' must be an address that begins with http:// or https://, found '\(mlflow)'",
                at: fields.location(of: "mlflow"))
        }
        fields.finish()
    }
}
