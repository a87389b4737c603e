import Core
import Flow
import FoundationEssentials

extension RunLineage {
    /// A line a part, from what was published back to what was loaded.
    public var text: String {
        var lines = ["run \(run.id)  \(run.state.rawValue)  began \(Self.moment(run.created))"]
        if let version { lines.append("published   version \(version)") }
        if !model.isEmpty {
            lines.append("model       \(model), kind \(kind), point \(point)")
            let numbers = metrics.sorted { $0.key < $1.key }.map { "\($0.key) \(($0.value * 1e4).rounded() / 1e4)" }
            if !numbers.isEmpty { lines.append("            \(numbers.joined(separator: "  "))") }
            if let members = hyperparameters.object, !members.isEmpty { lines.append("            \(hyperparameters)") }
        }
        lines += Self.lines("trained by  ", training)
        lines += Self.lines("dataset     ", dataset)
        let rows = windows.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        if !rows.isEmpty { lines.append("            \(rows.joined(separator: ", "))") }
        lines += Self.lines("SQL         ", sql)
        let built = tables.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value) rows" }
        if !built.isEmpty { lines.append("            \(built.joined(separator: ", "))") }
        for source in sources {
            lines.append(
                "data        \(source.name), version \(source.version), \(source.rows) rows, \(source.rejected) rejected"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The same for programs.
    public var json: JSONValue {
        func counts(_ values: [String: Int]) -> JSONValue { .object(values.mapValues { .integer(Int64($0)) }) }
        return [
            "run": .string(run.id), "state": .string(run.state.rawValue), "began": .string(Self.moment(run.created)),
            "version": version.map { .integer(Int64($0)) } ?? .null,
            "model": [
                "name": .string(model), "kind": .string(kind), "point": .string(point),
                "hyperparameters": hyperparameters, "metrics": .object(metrics.mapValues { .number($0) }),
                "trained-by": Self.json(training),
            ],
            "dataset": .object(["made-by": Self.json(dataset), "counts": counts(windows)]),
            "sql": .object(["built-by": Self.json(sql), "tables": counts(tables)]),
            "data": .array(
                sources.map { source in
                    [
                        "source": .string(source.name), "version": .integer(Int64(source.version)),
                        "rows": .integer(Int64(source.rows)), "rejected": .integer(Int64(source.rejected)),
                    ]
                }),
        ]
    }

    private static func lines(_ title: String, _ origin: Origin?) -> [String] {
        guard let origin else { return [] }
        var lines = ["\(title)step \(origin.step) of run \(origin.run), key \(origin.key.prefix(12))"]
        if let path = origin.path { lines.append("            \(path)") }
        return lines
    }

    private static func json(_ origin: Origin?) -> JSONValue {
        guard let origin else { return .null }
        return [
            "step": .string(origin.step), "run": .string(origin.run), "key": .string(origin.key),
            "sha256": origin.digest.map { .string($0) } ?? .null, "path": origin.path.map { .string($0) } ?? .null,
        ]
    }

    private static func moment(_ seconds: Double) -> String {
        Date(timeIntervalSince1970: seconds.rounded(.down)).formatted(.iso8601)
    }
}
