import Core
import FoundationEssentials
import Tensor

/// Everything that a training needs to go on bit for bit after an epoch.
struct TrainingState: Sendable {
    /// The parameters after the last epoch.
    var parameters: Parameters
    /// The parameters after the best epoch.
    var best: Parameters
    /// The optimiser.
    var optimizer: Optimizer
    /// The mean loss of each epoch so far.
    var loss: [Double] = []
    /// The validation metric after each epoch so far.
    var validation: [Double] = []
    /// The best epoch, counted from 1; 0 before the first.
    var bestEpoch = 0

    /// How many epochs were finished.
    var epochs: Int { loss.count }

    /// The file in a checkpoint folder.
    static func path(in folder: String) -> String { folder + "/" + TrainingOptions.checkpointFile }

    /// Writes the state, in place only when whole.
    ///
    /// - Parameter identity: what tells that a later training is the same one.
    func write(to folder: String, identity: JSONValue) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw MartletError(.system, "cannot make the folder \(folder)", underlying: error)
        }
        var tensors = parameters.tensors() + best.tensors(prefix: "best/")
        for (place, entry) in parameters.entries.enumerated() {
            for (name, matrix) in [("first", optimizer.first[place]), ("second", optimizer.second[place])]
            where matrix.rows > 0 {
                tensors.append(
                    StoredTensor(
                        "\(name)/\(entry.name)", shape: [matrix.rows, matrix.columns], .float(Array(matrix.values))))
            }
        }
        let progress: JSONValue = [
            "loss": .array(loss.map { .string("\($0)") }), "validation": .array(validation.map { .string("\($0)") }),
            "best-epoch": .integer(Int64(bestEpoch)), "step": .integer(Int64(optimizer.step)),
        ]
        let metadata = [
            "format": "martlet-checkpoint-1", "identity": identity.description, "progress": progress.description,
        ]
        try SafetensorsWriter.write(tensors, metadata: metadata, to: Self.path(in: folder))
    }

    /// Reads a state that ``write(to:identity:)`` wrote; leaves all as it is if there is none.
    ///
    /// - Throws: `corrupted` for a damaged file, `invalidConfiguration` for the state of another training.
    mutating func read(from folder: String, identity: JSONValue) throws {
        let path = Self.path(in: folder)
        guard FileManager.default.fileExists(atPath: path) else { return }
        let file = try SafetensorsFile(path: path)
        guard file.metadata["format"] == "martlet-checkpoint-1" else {
            throw MartletError(.corrupted, "\(path) is no checkpoint")
        }
        let stored = try file.json("identity")
        // Compared as it would be read back: whole numbers lose their '.0' on the way through text.
        let identity = try JSONValue(parsing: identity.description)
        guard stored == identity else {
            let keys = Set((stored.object ?? [:]).keys).union((identity.object ?? [:]).keys).sorted()
            let changed = keys.filter { stored[$0] != identity[$0] }
            throw MartletError(
                .invalidConfiguration,
                "\(path) belongs to another training: \(changed.joined(separator: ", ")) changed since",
                hint: "remove the folder \(folder) to begin anew, or change the configuration back")
        }
        try parameters.read(file)
        try best.read(file, prefix: "best/")
        for (place, entry) in parameters.entries.enumerated() {
            for (name, matrix) in [("first", optimizer.first[place]), ("second", optimizer.second[place])]
            where matrix.rows > 0 {
                let values = try file.floats("\(name)/\(entry.name)", shape: [matrix.rows, matrix.columns])
                _ = matrix.values.update(fromContentsOf: values)
            }
        }
        let progress = try file.json("progress")
        loss = (progress["loss"]?.array ?? []).compactMap { $0.string.flatMap(Double.init) }
        validation = (progress["validation"]?.array ?? []).compactMap { $0.string.flatMap(Double.init) }
        bestEpoch = progress["best-epoch"]?.integer ?? 0
        optimizer.step = progress["step"]?.integer ?? 0
    }
}
