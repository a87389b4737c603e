import Core
import Features

extension DatasetConfiguration {
    /// The windows that a dataset for `use` has.
    func cut(for use: SplitUse) -> DatasetConfiguration {
        var cut = self
        switch use {
        case .selection: break
        case .testing: cut.validation = .none
        case .everything: cut = withoutSplit
        }
        return cut
    }

    /// The dates of the split as SQL's variables `validation_start` and `test_start`; none for windows that are counted
    /// back from the last row, whose place is not known before the SQL has run.
    var sqlVariables: [String: JSONValue] {
        var variables: [String: JSONValue] = [:]
        if case .date(let seconds) = validation { variables["validation_start"] = .string(Day.text(seconds)) }
        if case .date(let seconds) = test { variables["test_start"] = .string(Day.text(seconds)) }
        return variables
    }

    /// What a dataset depends on.
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "interactions": [
                "table": .string(interactions.table), "user": .string(interactions.user),
                "item": .string(interactions.item), "time": .string(interactions.time),
                "weight": interactions.weight.map { .string($0) } ?? .null,
                "type": interactions.type.map { .string($0) } ?? .null,
                "type-weights": .object(interactions.typeWeights.mapValues { .number($0) }),
            ],
            "split": ["validation": validation.json, "test": test.json],
        ]
        members["users"] = users.map { $0.json(minimum: minimumUserInteractions) }
        members["items"] = items.map { $0.json(minimum: minimumItemInteractions) }
        return .object(members)
    }
}

extension DatasetConfiguration.Boundary {
    /// The boundary as the project file writes it.
    var json: JSONValue {
        switch self {
        case .none: "none"
        case .date(let seconds): .string(Day.text(seconds))
        case .length(let seconds): .string("\(Int(seconds))s")
        }
    }
}

extension DatasetConfiguration.EntityColumns {
    fileprivate func json(minimum: Int) -> JSONValue {
        [
            "table": .string(table), "id": .string(id), "title": title.map { .string($0) } ?? .null,
            "show": .array(show.map { .string($0) }), "min-interactions": .integer(Int64(minimum)),
        ]
    }
}
