import Core
import Features
import Foundation
import Models

/// `linear KIND HYPERPARAMETERS TRAIN FOLDER`: trains a model and prints its report as one line of JSON.
///
/// TRAIN is a text file whose lines are `user item item …`, HYPERPARAMETERS are JSON; the model is saved into FOLDER
/// (where `items.txt` says which item has which index), unless that is `-`.
@main
struct Linear {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 5 else {
            throw MartletError(.invalidConfiguration, "usage: linear KIND HYPERPARAMETERS TRAIN FOLDER")
        }
        let scratch = FileManager.default.temporaryDirectory.appending(path: "martlet-linear-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let data = try dataset(train: arguments[3], folder: scratch)
        var model = try ModelRegistry.make(
            kind: arguments[1], hyperparameters: JSONValue(parsing: arguments[2]))
        let report = try model.fit(data, options: TrainingOptions())
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        print(String(decoding: try encoder.encode(report), as: UTF8.self))
        guard arguments[4] != "-" else { return }
        try model.save(to: arguments[4])
        let ids = (0..<data.items.count).map { data.items.id($0) }.joined(separator: "\n")
        try ids.write(toFile: arguments[4] + "/items.txt", atomically: true, encoding: .utf8)
    }

    /// Every row is learned from; lines have no times, so a row's place is its moment.
    private static func dataset(train: String, folder: String) throws -> InteractionDataset {
        var (users, items, times) = ([Int64](), [Int64](), [Int64]())
        for line in try String(contentsOfFile: train, encoding: .utf8).split(separator: "\n") {
            let numbers = line.split(separator: " ").compactMap { Int64($0) }
            for item in numbers.dropFirst() {
                users.append(numbers[0])
                items.append(item)
                times.append(Int64(times.count))
            }
        }
        let table = try Table([
            ("user", Column(.int64(Buffer(users)))), ("item", Column(.int64(Buffer(items)))),
            ("time", Column(.int64(Buffer(times)))),
        ])
        let configuration = DatasetConfiguration(
            interactions: .init(user: "user", item: "item", time: "time"), validation: .none, test: .none)
        return try InteractionDatasetBuilder(configuration: configuration).build(
            interactions: { TableSequence(schema: table.schema, [table]) }, to: folder)
    }
}
