import Core

/// Takes weights by name from a safetensors file into a copy of a saved model.
///
/// The file may come from anywhere (a training in Python, say); what it does not name stays as it was.
package struct WeightImport: Sendable {
    /// The names that tensors have in the model, by those that they have in the file.
    package var renames: [String: String]
    /// Tensors, by their names in the model, that the file holds with rows and columns exchanged, as PyTorch's `Linear`
    /// does.
    package var transposed: Set<String>

    /// What was done with which tensors of the model.
    package struct Outcome: Sendable, Equatable {
        /// Those that the file had.
        package var taken: [String]
        /// Those that stayed.
        package var kept: [String]
    }

    package init(renames: [String: String] = [:], transposed: Set<String> = []) {
        self.renames = renames
        self.transposed = transposed
    }

    /// Writes the model in `model` with the weights of the file `weights` to the folder `output`.
    ///
    /// - Throws: `notFound`, `corrupted` for a damaged file, `invalidData` for a tensor that the model does not have, or
    ///   has in another shape or type; nothing is written then.
    package func run(model: String, weights: String, to output: String) throws -> Outcome {
        let kind = try ModelFolder(model).description()["kind"]?.string ?? ""
        let own = try ModelFolder(model).weights(kind: kind)
        let file = try SafetensorsFile(path: weights)
        var tensors = own.tensors
        var taken: Set<String> = []
        for tensor in file.tensors.values.sorted(by: { $0.name < $1.name }) {
            let name = renames[tensor.name] ?? tensor.name
            guard let wanted = tensors[name] else {
                throw MartletError(
                    .invalidData, "\(weights) holds '\(tensor.name)', and the model in \(model) has no '\(name)'",
                    hint: nearest(to: name, among: own.tensors.keys.sorted()).map {
                        "say '--rename \(tensor.name)=\($0)' if that is meant"
                    } ?? "the model's tensors are named in the header of its weights.safetensors")
            }
            guard taken.insert(name).inserted else {
                throw MartletError(.invalidData, "two tensors of \(weights) are to become '\(name)'")
            }
            let found = transposed.contains(name) ? try Self.transpose(tensor) : tensor
            guard found.shape == wanted.shape, found.values.type == wanted.values.type else {
                let isTurned = found.shape == Array(wanted.shape.reversed())
                throw MartletError(
                    .invalidData,
                    "'\(tensor.name)' of \(weights) is \(found.values.type) \(found.shape), the model's '\(name)' is "
                        + "\(wanted.values.type) \(wanted.shape)",
                    hint: isTurned
                        ? "say '--transpose \(name)'" : "import into a model of the same hyperparameters and dataset")
            }
            tensors[name] = StoredTensor(name, shape: found.shape, found.values)
        }
        for name in transposed.sorted() where !taken.contains(name) {
            throw MartletError(
                .notFound, "\(weights) holds no tensor that becomes '\(name)', which is to be transposed")
        }
        guard !taken.isEmpty else { throw MartletError(.invalidData, "\(weights) holds no tensors") }
        try ModelFolder(output).write(
            kind: kind, hyperparameters: try own.json("hyperparameters"), schema: try own.json("schema"),
            tensors: tensors.values.sorted { $0.name < $1.name })
        return Outcome(taken: taken.sorted(), kept: tensors.keys.filter { !taken.contains($0) }.sorted())
    }

    private static func transpose(_ tensor: StoredTensor) throws -> StoredTensor {
        guard tensor.shape.count == 2, case .float(let values) = tensor.values else {
            throw MartletError(.invalidData, "'\(tensor.name)' is no matrix of reals, and cannot be transposed")
        }
        let (rows, columns) = (tensor.shape[0], tensor.shape[1])
        let turned = (0..<values.count).map { values[$0 % rows * columns + $0 / rows] }
        return StoredTensor(tensor.name, shape: [columns, rows], .float(turned))
    }
}
