import ArgumentParser
import Core
import Models

/// `martlet model export`
struct ModelExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a trained model in the ONNX format.",
        discussion: """
            A ranking model becomes one file; two towers become two, FILE with '-query-tower' and '-item-tower' put
            before its ending. The first dimension of every input is free. Trained models lie in the project's runs:
            each is a folder with a model.json.

            Example: martlet model export --onnx MODEL-FOLDER --out ranker.onnx
            """)
    @OptionGroup var output: OutputOptions

    @Option(help: "The folder of a trained model.")
    var onnx: String

    @Option(help: "The file to write.")
    var out: String

    func run() async throws {
        let model = try ModelRegistry.load(folder: onnx)
        guard let exportable = model as? any ONNXExportable else {
            throw MartletError(
                .invalidConfiguration, "a '\(model.kind)' model has no network to write as ONNX",
                hint: "two-tower and the ranking models have one")
        }
        let exports = try exportable.onnx()
        let end = out.hasSuffix(".onnx") ? out.index(out.endIndex, offsetBy: -5) : out.endIndex
        var files: [(role: String, path: String)] = []
        for export in exports {
            let path = exports.count == 1 ? out : "\(out[..<end])-\(export.role)\(out[end...])"
            try AtomicFile.write(export.bytes, to: path)
            files.append((export.role, path))
        }
        output.finish(
            files.map { "\($0.role): \($0.path)\n" }.joined(),
            json: ["files": .object(Dictionary(uniqueKeysWithValues: files.map { ($0.role, .string($0.path)) }))])
    }
}
