import ArgumentParser
import Core
import Models

/// `martlet model import`
struct ModelImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take weights from a safetensors file into a copy of a trained model.",
        discussion: """
            Tensors are taken by name, and must have the model's shapes; what the file does not name stays as it was.
            Lists of similar items that a model keeps are those of its training.

            Example: martlet model import weights.safetensors --model MODEL-FOLDER --out NEW-FOLDER \\
                       --rename net.0.weight=deep.layer1.weight --transpose deep.layer1.weight
            """)
    @OptionGroup var output: OutputOptions

    @Argument(help: "The safetensors file.")
    var weights: String

    @Option(help: "The folder of the trained model whose copy gets the weights.")
    var model: String

    @Option(help: "The folder to write.")
    var out: String

    @Option(help: ArgumentHelp("A tensor's name in the file and in the model.", valueName: "theirs=ours"))
    var rename: [String] = []

    @Option(
        help: ArgumentHelp("A tensor, by its name in the model, that the file holds transposed.", valueName: "name"))
    var transpose: [String] = []

    func run() async throws {
        var renames: [String: String] = [:]
        for text in rename {
            let names = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard names.count == 2 else {
                throw MartletError(
                    .invalidConfiguration, "'--rename \(text)' gives no new name",
                    hint: "write the file's name, '=', and the model's: --rename net.0.weight=deep.layer1.weight")
            }
            renames[names[0]] = names[1]
        }
        let outcome = try WeightImport(renames: renames, transposed: Set(transpose)).run(
            model: model, weights: weights, to: out)
        _ = try ModelRegistry.load(folder: out)
        let list = { (names: [String]) in JSONValue.array(names.map { .string($0) }) }
        output.finish(
            "\(out): \(outcome.taken.count) tensors taken from \(weights), \(outcome.kept.count) kept\n"
                + outcome.kept.map { "  kept: \($0)\n" }.joined(),
            json: ["taken": list(outcome.taken), "kept": list(outcome.kept)])
    }
}
