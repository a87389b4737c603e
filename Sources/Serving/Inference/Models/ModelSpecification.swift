import Core

/// What a model is called, takes and gives.
package struct ModelSpecification: Sendable {
    package var name: String
    /// The number of the published version, as text.
    package var version: String
    /// What computes: `martlet_` and the model's kind.
    package var platform: String
    package var inputs: [TensorSpecification]
    package var outputs: [TensorSpecification]
    /// The most rows of a request.
    package var maxBatch: Int

    /// The model's description: `GET /v2/models/{model}`.
    var metadata: JSONValue {
        func tensors(_ list: [TensorSpecification]) -> JSONValue {
            .array(
                list.map {
                    [
                        "name": .string($0.name), "datatype": .string($0.type.rawValue),
                        "shape": .array($0.shape.map { .integer(Int64($0)) }),
                    ]
                })
        }
        return [
            "name": .string(name), "versions": [.string(version)], "platform": .string(platform),
            "inputs": tensors(inputs), "outputs": tensors(outputs),
        ]
    }

    /// The model's configuration in Triton's form: `GET /v2/models/{model}/config`.
    var configuration: JSONValue {
        func tensor(_ tensor: TensorSpecification) -> [String: JSONValue] {
            [
                "name": .string(tensor.name), "data_type": .string(tensor.type.configurationName),
                "dims": .array(tensor.dimensions.map { .integer(Int64($0)) }),
            ]
        }
        return [
            "name": .string(name), "platform": .string(platform), "backend": "martlet",
            "max_batch_size": .integer(Int64(maxBatch)),
            "input": .array(
                inputs.map {
                    .object(
                        tensor($0).merging(["format": "FORMAT_NONE", "optional": .bool($0.isOptional)]) { $1 })
                }),
            "output": .array(outputs.map { .object(tensor($0)) }),
            "version_policy": ["specific": ["versions": [.integer(Int64(version) ?? 1)]]],
            "dynamic_batching": ["max_queue_delay_microseconds": 0],
            "model_transaction_policy": ["decoupled": false],
        ]
    }
}
