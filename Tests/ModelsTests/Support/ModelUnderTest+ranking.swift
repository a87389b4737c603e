import Core
import Models

extension ModelUnderTest {
    /// The models that rank pairs.
    static let ranking: [ModelUnderTest] = [
        ranking("logistic-regression"), ranking("fm", ["dimension": 8]),
        ranking("wide-deep", ["dimension": 8, "layers": [32, 16]]),
        ranking("deepfm", ["dimension": 8, "layers": [32, 16], "calibration": "isotonic"]),
        ranking("dlrm", ["dimension": 8, "layers": [32, 16], "bottom-layers": [16]]),
        ranking("dcn-v2", ["dimension": 8, "layers": [32, 16], "cross-rank": 8]),
        ranking("neumf", ["dimension": 8, "layers": [32, 16]]),
        ranking("mmoe", ["dimension": 8, "experts": 3, "expert-width": 16, "tower-layers": [8]]),
        ranking("ple", ["dimension": 8, "experts": 1, "task-experts": 1, "expert-width": 16, "tower-layers": [8]]),
    ]

    private static func ranking(_ kind: String, _ settings: [String: JSONValue] = [:]) -> ModelUnderTest {
        let shared: [String: JSONValue] = ["epochs": 8, "batch-size": 512, "learning-rate": 0.1]
        return ModelUnderTest(
            kind: kind, name: kind, hyperparameters: .object(shared.merging(settings) { _, new in new }))
    }
}
