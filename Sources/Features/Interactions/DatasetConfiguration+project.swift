import Core

extension DatasetConfiguration {
    /// Reads the keys `interactions`, `users`, `items` and `split` of a project; faults go to the fields' diagnostics.
    public init(_ project: inout ConfigurationFields) {
        var fields = project.fields("interactions")
        let example = "interactions: {table: interactions, user: customer_id, item: article_id, time: t_dat}"
        interactions = InteractionColumns(
            table: fields.string("table", default: "interactions"),
            user: fields.required("user", hint: "name the column with the user's id, as in '\(example)'"),
            item: fields.required("item", hint: "name the column with the item's id, as in '\(example)'"),
            time: fields.required("time", hint: "name the column that says when, as in '\(example)'"),
            weight: fields.string("weight"), type: fields.string("type"))
        for entry in fields.named("type-weights") {
            if let weight = OperatorArgument.number(entry.value), weight >= 0 {
                interactions.typeWeights[entry.key] = weight
            } else {
                fields.diagnostics.report(
                    "'\(fields.name(of: "type-weights")).\(entry.key)' must be a number of at least 0, found "
                        + entry.value.kind, at: entry.value.location)
            }
        }
        if !interactions.typeWeights.isEmpty, interactions.type == nil {
            fields.diagnostics.report(
                "'\(fields.name(of: "type-weights"))' needs 'type'",
                hint: "name the column that holds the kind of event",
                at: fields.location(of: "type-weights"))
        }
        fields.finish()
        (users, minimumUserInteractions) = Self.entities("users", &project, showing: false)
        (items, minimumItemInteractions) = Self.entities("items", &project, showing: true)
        var split = project.fields("split")
        validation = Self.boundary("validation", &split)
        test = Self.boundary("test", &split)
        if case .date(let validation) = validation, case .date(let test) = test, validation >= test {
            split.diagnostics.report(
                "'\(split.name(of: "validation"))' must lie before '\(split.name(of: "test"))'",
                at: split.location(of: "validation"))
        }
        split.finish()
    }

    private static func entities(
        _ key: String, _ project: inout ConfigurationFields, showing: Bool
    ) -> (EntityColumns?, Int) {
        guard project.has(key) else { return (nil, 1) }
        var fields = project.fields(key)
        let minimum = fields.integer("min-interactions", default: 1, in: 1...1_000_000)
        var columns = EntityColumns(
            table: fields.string("table", default: key),
            id: fields.required("id", hint: "name the column with the id"))
        if showing {
            columns.title = fields.string("title")
            columns.show = fields.strings("show")
        }
        fields.finish()
        return (columns, minimum)
    }

    /// `28d`, `2020-08-25`, `none`; four weeks if absent.
    private static func boundary(_ key: String, _ fields: inout ConfigurationFields) -> Boundary {
        guard let node = fields.node(key) else { return .length(28 * 86_400) }
        guard case .scalar(let text, _) = node.content else {
            fields.report(key, "must be a length of time such as 28d, a date such as 2020-08-25, or none", found: node)
            return .none
        }
        if text == "none" { return .none }
        if let moment = ISOTime.microseconds(text) { return .date(moment / 1_000_000) }
        guard let seconds = fields.duration(key) else { return .none }
        if seconds <= 0 {
            fields.report(key, "must be longer than nothing", found: node, hint: "write 'none' for no such window")
            return .none
        }
        return .length(seconds)
    }
}
