import ArgumentParser

/// `martlet model`
struct ModelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Take a trained model elsewhere, or weights from elsewhere into a model.",
        subcommands: [ModelExport.self, ModelImport.self])
}
