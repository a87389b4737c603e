import Core
import Tensor

extension RankingModel {
    /// Writes the weights by name, the items' vectors as `item-vectors`, and what turns logits into probabilities.
    package func save(to folder: String) throws {
        guard let trained else { throw notFitted(Self.kind) }
        let vectors = trained.itemVectors
        var tensors = trained.parameters.tensors()
        tensors.append(
            StoredTensor("item-vectors", shape: [vectors.rows, vectors.columns], .float(Array(vectors.values))))
        tensors.append(StoredTensor("correction", shape: [trained.correction.count], .float(trained.correction)))
        for (target, calibration) in trained.calibrations.enumerated() {
            tensors += calibration.tensors(prefix: "calibration.\(target)")
        }
        try ModelFolder(folder).write(
            kind: Self.kind, hyperparameters: hyperparameters, schema: trained.shape.json, tensors: tensors)
    }

    /// Reads a model that ``save(to:)`` wrote.
    package init(loading folder: String) throws {
        let file = try ModelFolder(folder).weights(kind: Self.kind)
        try self.init(hyperparameters: file.json("hyperparameters"))
        let shape = try RankingShape(json: file.json("schema"))
        // A hostile schema must not make us take memory for tables that the file does not hold.
        let stored = file.tensors.values.reduce(0) { $0 + $1.shape.reduce(1, *) }
        let inputs = shape.inputs
        let counts = [inputs.dataset.trainedUsers, inputs.dataset.trainedItems]
        guard counts.allSatisfy({ $0 <= stored }),
            (inputs.userFeatures + inputs.itemFeatures + inputs.contextFeatures).allSatisfy({
                $0.cardinality <= stored
            }),
            settings.network.crosses != true || settings.crossRows <= max(stored, 1 << 18)
        else { throw MartletError(.corrupted, "the weights in \(folder) do not fit the schema beside them") }
        let (network, parameters) = Self.build(shape, settings)
        try parameters.read(file)
        let vectors = try file.floats("item-vectors", shape: [nil, Self.probes])
        trained = Trained(
            network: network, parameters: parameters, shape: shape,
            correction: try file.floats("correction", shape: [inputs.dataset.trainedItems + 1]),
            calibrations: try shape.targets.indices.map { try Calibration(file, prefix: "calibration.\($0)") },
            itemVectors: Matrix(rows: vectors.count / Self.probes, columns: Self.probes, values: vectors))
    }
}
