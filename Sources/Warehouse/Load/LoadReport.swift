/// What a load did, source by source.
public struct LoadReport: Codable, Sendable {
    /// What became of one source.
    public struct Source: Codable, Sendable {
        /// The raw table's name.
        public var name: String
        /// The version that staging sees now.
        public var version: Int
        /// How many rows that version has.
        public var rows: Int
        /// How many rows of it were rejected; they stand in `raw._rejects`.
        public var rejects: Int
        /// The files of the delivery.
        public var files: [String]
        /// Whether the same files were loaded before, so that nothing was done.
        public var skipped: Bool
        /// How long it took, in seconds.
        public var seconds: Double
    }

    /// The sources in the order in which they were loaded.
    public var sources: [Source]

    /// Makes a report.
    public init(sources: [Source] = []) { self.sources = sources }
}
