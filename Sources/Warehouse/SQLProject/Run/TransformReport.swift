/// What a run of a SQL project did.
public struct TransformReport: Codable, Sendable {
    /// How one piece of work ended.
    public enum Status: String, Codable, Sendable {
        /// All went well.
        case ok
        /// A test with severity `warn` found faults, or a source is older than it should be.
        case warn
        /// A test found faults.
        case fail
        /// The warehouse or the template refused.
        case error
        /// Something before it went wrong.
        case skipped
    }

    /// One model.
    public struct Model: Codable, Sendable {
        /// The model's name.
        public var name: String
        /// How it is kept.
        public var materialized: Materialization
        /// Its table, `schema.name`.
        public var table: String
        /// How it ended.
        public var status: Status
        /// Rows in the table, or rows added by an incremental run; nil for views.
        public var rows: Int?
        /// Seconds it took.
        public var seconds: Double
        /// What went wrong or why it was skipped.
        public var message: String?
    }

    /// One data test.
    public struct Test: Codable, Sendable {
        /// The test's name.
        public var name: String
        /// How it ended.
        public var status: Status
        /// How many faults it found.
        public var failures: Int
        /// The first few faults, column by column as text.
        public var examples: [[String: String]]
        /// Seconds it took.
        public var seconds: Double
        /// What went wrong or why it was skipped.
        public var message: String?
    }

    /// One source's age.
    public struct Source: Codable, Sendable {
        /// `source.table`.
        public var name: String
        /// How it ended.
        public var status: Status
        /// Seconds since the newest row was loaded; nil if there is none.
        public var age: Double?
        /// What is wrong.
        public var message: String?
    }

    /// The models, in the order in which they ended.
    public var models: [Model] = []
    /// The tests, in the order in which they ended.
    public var tests: [Test] = []
    /// The sources whose age was checked.
    public var sources: [Source] = []
    /// Seconds the whole took.
    public var seconds: Double = 0

    /// Whether nothing failed; warnings are no failure.
    public var succeeded: Bool { failed.isEmpty }

    /// Names of everything that failed or could not run, models first; what was skipped because of it is not named.
    public var failed: [String] {
        let bad: Set<Status> = [.fail, .error]
        return models.filter { bad.contains($0.status) }.map(\.name)
            + tests.filter { bad.contains($0.status) }.map(\.name)
            + sources.filter { bad.contains($0.status) }.map(\.name)
    }
}
