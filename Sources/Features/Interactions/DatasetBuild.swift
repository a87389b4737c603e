import Core

final class DatasetBuild {
    init(_ builder: InteractionDatasetBuilder, folder: String) {}
    func run(
        users: InteractionDatasetBuilder.Source?, items: InteractionDatasetBuilder.Source?,
        interactions: InteractionDatasetBuilder.Source
    ) throws {}
}
