import Core

/// Streams tables of interactions, users and items into an ``InteractionDataset``.
///
/// One pass over each table. Interactions are numbered, sorted by time, then user, then item, and split; everything
/// that is learned (vocabularies, means, which ids count as trained) is learned from rows before the validation start.
public struct InteractionDatasetBuilder {
    /// Opens a table from its beginning.
    public typealias Source = () throws -> any TableStream

    /// Where things stand in the tables.
    public let configuration: DatasetConfiguration
    /// The features to make, not fitted.
    public let workflow: Workflow
    /// Who is told how far the work is.
    public let progress: any ProgressReporting

    /// Makes a builder.
    public init(
        configuration: DatasetConfiguration, workflow: Workflow = Workflow(),
        progress: any ProgressReporting = SilentProgress()
    ) {
        self.configuration = configuration
        self.workflow = workflow
        self.progress = progress
    }

    /// Builds the dataset in the folder `path`, which takes the place of what was there when all is done.
    ///
    /// - Parameters:
    ///   - users: the users table; nil if there is none.
    ///   - items: the items table; nil if there is none.
    ///   - interactions: the interactions table.
    ///   - path: the folder to make or to replace.
    /// - Throws: `notFound` for missing columns with the nearest name, `invalidData` for values that cannot be read,
    ///   duplicate ids, an empty table or a split outside the data, `outOfSpace`; `path` is then as it was.
    /// - Complexity: O(rows), memory about 25 bytes a row and the ids
    public func build(
        users: Source? = nil, items: Source? = nil, interactions: Source, to path: String
    ) throws -> InteractionDataset {
        let scratch = try ScratchFolder(for: path)
        var build = DatasetBuild(self, folder: scratch.path)
        try build.run(users: users, items: items, interactions: interactions)
        try scratch.commit()
        return try InteractionDataset.open(path)
    }
}
