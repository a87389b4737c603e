import Core
import FoundationEssentials

/// What the step `transform` leaves as the artifact `facts.json`: the SQL project as it was built.
package struct DataFacts: Codable, Sendable {
    /// A table or view, or a source of them.
    package struct Table: Codable, Sendable {
        /// The model's name, or `source.table`.
        package var name: String
        /// `source`, `table`, `view`, `incremental` or `ephemeral`.
        package var kind: String
        /// What it holds.
        package var description: String
        /// What it reads.
        package var parents: [String]
        /// Its rows; nil where they were not counted.
        package var rows: Int?
    }

    /// A data test.
    package struct Test: Codable, Sendable {
        /// Its name.
        package var name: String
        /// `ok`, `warn`, `fail`, `error` or `skipped`.
        package var status: String
        /// How many rows it found that must not be there.
        package var failures: Int
        /// What it said.
        package var message: String?
    }

    /// A source's newest row.
    package struct Source: Codable, Sendable {
        /// `source.table`.
        package var name: String
        /// When its newest row was made, in seconds since 1970; nil if it has none.
        package var newest: Double?
        /// From which age on, in seconds, it is worth a warning, and a fault.
        package var warnAfter: Double?
        package var errorAfter: Double?
    }

    package var tables: [Table]
    package var tests: [Test]
    package var sources: [Source]

    /// Reads what the step wrote; nil if it is no such file.
    package init?(reading path: String) {
        guard let bytes = FileManager.default.contents(atPath: path),
            let facts = try? JSONDecoder().decode(DataFacts.self, from: bytes)
        else { return nil }
        self = facts
    }
}
