import Core

extension ModelUnderTest {
    /// Models that know a trained user by a vector learned for that user, whatever the request says of the history.
    static let knowsUsersByVector: Set<String> = ["mf", "lightgcn"]

    /// The factor models that are trained by gradients.
    static let factors = [
        ModelUnderTest(
            kind: "mf", name: "mf, bpr", hyperparameters: ["loss": "bpr", "dimension": 16, "epochs": 20, "l2": 0.02]),
        ModelUnderTest(
            kind: "mf", name: "mf, warp", hyperparameters: ["loss": "warp", "dimension": 16, "epochs": 20, "l2": 0.02]),
        ModelUnderTest(
            kind: "mf", name: "mf, bsl", hyperparameters: ["loss": "bsl", "dimension": 16, "epochs": 30]),
        ModelUnderTest(
            kind: "mf", name: "mf, sampled softmax, inner product",
            hyperparameters: [
                "loss": "sampled-softmax", "similarity": "dot", "dimension": 16, "epochs": 20, "negative-count": 60,
                "batch-size": 64,
            ]),
        ModelUnderTest(
            kind: "lightgcn", name: "lightgcn",
            hyperparameters: ["dimension": 16, "epochs": 40, "batch-size": 64, "temperature": 0.2]),
        ModelUnderTest(
            kind: "lightgcn", name: "lightgcn, bpr",
            hyperparameters: ["loss": "bpr", "dimension": 16, "epochs": 30, "batch-size": 512]),
    ]
}
