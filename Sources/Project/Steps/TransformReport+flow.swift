import Core
import Warehouse

extension LoadReport {
    /// What was loaded, by source, without times: equal for equal data.
    var content: JSONValue {
        .object(
            Dictionary(
                uniqueKeysWithValues: sources.map { source in
                    (
                        source.name,
                        [
                            "version": .integer(Int64(source.version)), "rows": .integer(Int64(source.rows)),
                            "rejected": .integer(Int64(source.rejects)),
                        ] as JSONValue
                    )
                }))
    }
}

extension TransformReport {
    /// The rows of each table that was built, by its name in SQL; views are not counted.
    public var rowCounts: JSONValue {
        let counted = models.compactMap { model in model.rows.map { (model.table, JSONValue.integer(Int64($0))) } }
        return .object(Dictionary(counted) { _, last in last })
    }

    /// Ends a step whose models or tests failed.
    ///
    /// - Throws: `failedCheck` with every failure and what it said.
    public func throwIfFailed() throws {
        guard !succeeded else { return }
        let bad: Set<Status> = [.fail, .error]
        var lines: [String] = []
        for model in models where bad.contains(model.status) { lines.append("\(model.name): \(model.message ?? "")") }
        for test in tests where bad.contains(test.status) {
            let examples = test.examples.prefix(3).map { example in
                example.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            }
            let shown = examples.isEmpty ? "" : "; for example \(examples.joined(separator: "; "))"
            lines.append("test \(test.name): \(test.message ?? "\(test.failures) rows fail")\(shown)")
        }
        throw MartletError(
            .failedCheck, "the SQL project did not pass:\n    " + lines.joined(separator: "\n    "),
            hint: "mend the model or its data; the tables that failed are as they were")
    }

    /// A line for each model and each failed test.
    public var text: String {
        let built = models.map { model in
            "\(model.status.rawValue)  \(model.name)\(model.rows.map { "  \($0) rows" } ?? "")"
        }
        let tested = tests.map { "\($0.status.rawValue)  \($0.name)" }
        return (built + tested).joined(separator: "\n") + "\n"
    }
}
