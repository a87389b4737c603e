import Core
import FoundationEssentials

/// The folder of a saved model: `weights.safetensors` holds everything, `model.json` repeats what a person wants to
/// read and what tells which model it is.
struct ModelFolder {
    let path: String

    init(_ path: String) { self.path = path }

    var weightsPath: String { path + "/weights.safetensors" }
    private var descriptionPath: String { path + "/model.json" }

    /// Writes tensors, hyperparameters and what the model must know of its dataset.
    func write(kind: String, hyperparameters: JSONValue, schema: JSONValue, tensors: [StoredTensor]) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw MartletError(.system, "cannot make the folder \(path)", underlying: error)
        }
        let metadata = [
            "format": "martlet-model-1", "kind": kind, "hyperparameters": hyperparameters.description,
            "schema": schema.description,
        ]
        try SafetensorsWriter.write(tensors, metadata: metadata, to: weightsPath)
        let description: JSONValue = [
            "format": "martlet-model-1", "kind": .string(kind), "hyperparameters": hyperparameters, "schema": schema,
        ]
        try AtomicFile.write(description.pretty + "\n", to: descriptionPath)
    }

    /// What `model.json` says.
    ///
    /// - Throws: `notFound`, or `corrupted` if the file is not one of ours.
    func description() throws -> JSONValue {
        guard let bytes = FileManager.default.contents(atPath: descriptionPath) else {
            throw MartletError(
                .notFound, "there is no model in \(path)", hint: "train one first; its folder holds a model.json")
        }
        guard let json = try? JSONValue(parsing: String(decoding: bytes, as: UTF8.self)),
            json["format"]?.string == "martlet-model-1"
        else { throw MartletError(.corrupted, "\(descriptionPath) does not describe a model") }
        return json
    }

    /// The weights, if they are those of a model of `kind`.
    func weights(kind: String) throws -> SafetensorsFile {
        let file = try SafetensorsFile(path: weightsPath)
        guard file.metadata["format"] == "martlet-model-1", file.metadata["kind"] == kind else {
            throw MartletError(
                .corrupted,
                "\(weightsPath) holds \(file.metadata["kind"].map { "a '\($0)'" } ?? "no") model, "
                    + "where a '\(kind)' is needed")
        }
        return file
    }
}
