import Core
import Pipeline

/// What a request asks of a column of the items: `"SE"`, `["SE", "DK"]`, `{"not": ["SE"]}`, or `{"from": 5, "to": 50}`.
struct ColumnQuery: Decodable {
    let test: ColumnCondition.Test

    private static let names = ["from", "to", "not"]

    init(from decoder: any Decoder) throws {
        if let single = try? decoder.singleValueContainer(), let text = Self.text(single) {
            test = .isOneOf([text])
            return
        }
        if var list = try? decoder.unkeyedContainer() {
            test = .isOneOf(try Self.texts(&list))
            return
        }
        let container = try decoder.container(keyedBy: BodyKey.self)
        try container.check(Self.names)
        let (from, to) = (
            try container.decodeIfPresent(Double.self, forKey: BodyKey("from")),
            try container.decodeIfPresent(Double.self, forKey: BodyKey("to"))
        )
        if container.contains(BodyKey("not")), from == nil, to == nil {
            if let text = try? container.decode(JSONValue.self, forKey: BodyKey("not")), let name = Self.text(text) {
                test = .isNoneOf([name])
            } else {
                var list = try container.nestedUnkeyedContainer(forKey: BodyKey("not"))
                test = .isNoneOf(try Self.texts(&list))
            }
            return
        }
        guard from != nil || to != nil, !container.contains(BodyKey("not")) else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: decoder.codingPath,
                    debugDescription: "a column takes a text, a list, {\"not\": […]}, or {\"from\": 1, \"to\": 9}"))
        }
        test = .isWithin(from: from, to: to)
    }

    private static func texts(_ list: inout any UnkeyedDecodingContainer) throws -> Set<String> {
        var texts: Set<String> = []
        while !list.isAtEnd {
            guard let text = text(try list.decode(JSONValue.self)) else {
                throw DecodingError.dataCorruptedError(in: list, debugDescription: "the list holds texts and numbers")
            }
            texts.insert(text)
        }
        return texts
    }

    private static func text(_ container: any SingleValueDecodingContainer) -> String? {
        (try? container.decode(JSONValue.self)).flatMap(text)
    }

    /// A value as the columns are compared: text as it is, numbers by their shortest text.
    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .integer, .number: value.description
        case .bool(let truth): truth ? "true" : "false"
        default: nil
        }
    }
}
