import Core
import Features
import FoundationEssentials
import Models

/// `two-tower make FOLDER ROWS`, then `two-tower train FOLDER BATCH PRECISION EPOCHS THREADS`, which prints one JSON line.
@main
struct TwoTower {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "make" where arguments.count == 3:
            try Shop(rows: Int(arguments[2])!).write(to: arguments[1])
        case "train" where arguments.count == 6:
            try train(
                folder: arguments[1], batch: Int(arguments[2])!, precision: arguments[3], epochs: Int(arguments[4])!,
                threads: Int(arguments[5])!)
        default:
            print("usage: two-tower make FOLDER ROWS | two-tower train FOLDER BATCH PRECISION EPOCHS THREADS")
        }
    }

    private static func train(folder: String, batch: Int, precision: String, epochs: Int, threads: Int) throws {
        let data = try InteractionDataset.open(folder + "/dataset")
        var embeddings: [String: JSONValue] = ["user": 64, "item": 64]
        for number in 0..<Shop.features {
            embeddings["user\(number)"] = 16
            embeddings["item\(number)"] = 16
        }
        var model = try ModelRegistry.make(
            kind: "two-tower",
            hyperparameters: [
                "layers": [128, 64], "embeddings": .object(embeddings), "context": false, "history-length": 0,
                "item-bias": false, "logq": false, "mask-accidental-hits": false, "id-dropout": 0, "dropout": 0,
                "temperature": 0.05, "optimizer": "adagrad", "learning-rate": 0.05, "half-life": .null,
                "batch-size": .integer(Int64(batch)), "precision": .string(precision),
            ])
        let report = try model.fit(data, options: TrainingOptions(seed: 1, threads: threads, epochs: epochs))
        let line: JSONValue = [
            "samplesPerSecond": .number(report.samplesPerSecond), "loss": .array(report.loss.map { .number($0) }),
            "peakMemoryBytes": .integer(Int64(report.peakMemoryBytes)),
        ]
        print(line)
    }
}
