import Core

extension OnlineFeatures {
    /// The answer as `feast serve` gives it: the entities' columns first, then the features', each with values,
    /// statuses and moments.
    ///
    ///     {"metadata":{"feature_names":[…]},"results":[{"values":[…],"statuses":[…],"event_timestamps":[…]},…]}
    ///
    /// - Parameter entities: the join keys as they were asked for.
    public func json(entities: [(name: String, values: [FeatureValue])]) -> String {
        var text = "{\"metadata\":{\"feature_names\":["
        for (index, name) in (entities.map(\.name) + columns.map(\.name)).enumerated() {
            if index > 0 { text += "," }
            JSONValue.quote(name, to: &text)
        }
        text += "]},\"results\":["
        var isFirst = true
        for entity in entities {
            Self.write(
                entity.values, entity.values.map { _ in .present },
                entity.values.map { _ in FeatureTimestamp(seconds: 0) }, isFirst: &isFirst, to: &text)
        }
        for column in columns {
            Self.write(column.values, column.statuses, column.timestamps, isFirst: &isFirst, to: &text)
        }
        return text + "]}"
    }

    private static func write(
        _ values: [FeatureValue], _ statuses: [FeatureStatus], _ timestamps: [FeatureTimestamp], isFirst: inout Bool,
        to text: inout String
    ) {
        text += isFirst ? "{\"values\":[" : ",{\"values\":["
        isFirst = false
        for (index, value) in values.enumerated() {
            if index > 0 { text += "," }
            value.write(to: &text)
        }
        text += "],\"statuses\":["
        for (index, status) in statuses.enumerated() {
            text += index > 0 ? ",\"" : "\""
            text += status.rawValue
            text += "\""
        }
        text += "],\"event_timestamps\":["
        // Rows that were written together have one moment: its text is made once.
        var last: (moment: FeatureTimestamp, text: String)?
        for (index, moment) in timestamps.enumerated() {
            if last?.moment != moment { last = (moment, "\"\(moment.text)\"") }
            if index > 0 { text += "," }
            text += last?.text ?? ""
        }
        text += "]}"
    }
}
