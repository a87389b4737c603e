import Core

/// Runs data tests on one connection.
struct TestRunner {
    let project: SQLProject
    let connection: any SQLConnection
    let note: (String) -> Void

    /// How many faults are shown.
    static let exampleCount = 5

    /// Counts a test's faults, and fetches some of them if there are any.
    func run(_ test: DataTest) -> TransformReport.Test {
        let start = ContinuousClock.now
        var result = TransformReport.Test(name: test.name, status: .ok, failures: 0, examples: [], seconds: 0)
        do {
            try measure(test, &result)
        } catch {
            result.status = .error
            result.message = "\(error)"
        }
        result.seconds = start.duration(to: .now).seconds
        return result
    }

    private func measure(_ test: DataTest, _ result: inout TransformReport.Test) throws {
        let compiled = try project.compile(test, session: ProjectContext.Session(connection: connection, note: note))
        let limit = test.limit.map { "\nlimit \($0)" } ?? ""
        let prefix = "select count(*) from (\n"
        do {
            let count = try connection.value(prefix + compiled.text + limit + "\n) dbt_internal_test")
            result.failures = count?.integer ?? 0
        } catch {
            throw StatementFault(compiled: compiled, lead: 1, place: test.location).explain(
                error, "the test '\(test.name)'")
        }
        let isError = test.severity == .error && FaultCount(test.failsIf)!.holds(result.failures)
        let isWarning = FaultCount(test.warnsIf)!.holds(result.failures)
        guard isError || isWarning else { return }
        result.status = isError ? .fail : .warn
        let stream = try connection.query(
            "select * from (\n\(compiled.text)\n) dbt_internal_test\nlimit \(Self.exampleCount)")
        while let table = try stream.next() {
            for row in 0..<table.rowCount where result.examples.count < Self.exampleCount {
                var example: [String: String] = [:]
                for (column, values) in zip(table.schema.columns, table.columns) {
                    example[column.name] = values.value(row).string ?? values.value(row).description
                }
                result.examples.append(example)
            }
        }
        let first = result.examples.first.map { row in
            "; for example "
                + row.sorted { $0.key < $1.key }.prefix(6).map { "\($0.key) = \($0.value)" }.joined(separator: ", ")
        }
        result.message =
            "\(test.location): the test '\(test.name)' found \(result.failures) row\(result.failures == 1 ? "" : "s") that must not be there\(first ?? "")"
    }
}
