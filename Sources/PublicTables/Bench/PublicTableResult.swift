import Core

/// What one model reached on a public table.
public struct PublicTableResult: Sendable {
    /// The table.
    public var table: PublicTable
    /// The model's kind.
    public var model: String
    /// The metrics on the test rows by key, such as `recall@20`; empty if these were not looked at.
    public var test: [String: Double]
    /// The metrics on the rows that were chosen by; empty if nothing was chosen.
    public var validation: [String: Double]
    /// How many passes over the data the last fit made.
    public var epochs: Int
    /// From the text files to the metrics, in seconds.
    public var seconds: Double
    /// The most memory that the process held in that time, in bytes.
    public var peakMemoryBytes: Int
    /// How many users were judged.
    public var users: Int
    /// The seed of the training.
    public var seed: UInt64
    /// How many threads worked.
    public var threads: Int
    /// All hyperparameters, with what the model chose by itself.
    public var hyperparameters: JSONValue
    /// What the files had that was passed over.
    public var notes: [String]
    /// How many rows the last fit learned from in a second, validation left out.
    public var samplesPerSecond = 0.0

    /// `{"model":…,"recall@20":…,"ndcg@20":…,"seconds":…,"peakMemoryBytes":…}` and what else tells how it came about.
    public var json: JSONValue {
        var members: [String: JSONValue] = [
            "table": .string(table.rawValue), "model": .string(model), "epochs": .integer(Int64(epochs)),
            "seconds": .number(seconds), "peakMemoryBytes": .integer(Int64(peakMemoryBytes)),
            "samplesPerSecond": .number(samplesPerSecond),
            "users": .integer(Int64(users)), "seed": .integer(Int64(bitPattern: seed)),
            "threads": .integer(Int64(threads)), "hyperparameters": hyperparameters,
            "validation": .object(validation.mapValues { .number($0) }),
            "notes": .array(notes.map { .string($0) }),
        ]
        for (key, value) in test { members[key] = .number(value) }
        return .object(members)
    }
}
