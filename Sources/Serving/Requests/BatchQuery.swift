import Hummingbird

/// The body of a request for many users: `{"users": ["a", "b"], "k": 12, "exclude": […], "segment": "women"}`.
struct BatchQuery {
    var users: [String]
    var list: ListQuery

    /// Checks a body that was read.
    ///
    /// - Throws: a 400 problem for what is out of bounds, 413 for more users than allowed.
    init(_ fields: Fields, limits: ServingConfiguration.Limits) throws(Problem) {
        guard fields.users.count <= limits.users else {
            throw Problem(
                .contentTooLarge, "too-many-users",
                "the body names \(fields.users.count) users, at most \(limits.users) may be asked for at once",
                hint: "split the users over several requests")
        }
        if fields.users.contains(where: \.isEmpty) { throw Self.problem("'users' holds an empty text") }
        users = fields.users
        list = ListQuery(limits: limits)
        if let k = fields.k { list.k = try ListQuery.length(k, limits: limits) }
        list.excluded = Set(fields.exclude ?? [])
        list.segment = fields.segment
        try ListQuery.check(list.excluded.count, limits: limits)
    }

    struct Fields: Decodable {
        var users: [String]
        var k: Int?
        var exclude: [String]?
        var segment: String?

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: BodyKey.self)
            try container.check(["users"] + ListQuery.names)
            users = try container.decode([String].self, forKey: BodyKey("users"))
            k = try container.wholeNumber(Int.self, "k")
            exclude = try container.decodeIfPresent([String].self, forKey: BodyKey("exclude"))
            segment = try container.decodeIfPresent(String.self, forKey: BodyKey("segment"))
        }
    }

    static func problem(_ detail: String) -> Problem {
        Problem(.badRequest, "invalid-body", detail, hint: "send {\"users\": [\"id\", …], \"k\": 12}")
    }

    static func problem(of error: DecodingError) -> Problem {
        func place(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
            let names = (context.codingPath + (last.map { [$0] } ?? [])).map { key in
                key.intValue.map { "[\($0)]" } ?? key.stringValue
            }
            return names.isEmpty ? "the body" : "'\(names.joined(separator: "."))'"
        }
        switch error {
        case .keyNotFound(let key, let context): return problem("\(place(context, key)) is missing")
        case .typeMismatch(let type, let context): return problem("\(place(context)) must be \(words(for: type))")
        case .valueNotFound(let type, let context): return problem("\(place(context)) must be \(words(for: type))")
        case .dataCorrupted(let context):
            return problem(
                context.codingPath.isEmpty
                    ? "the body is not valid JSON" : "\(place(context)): \(context.debugDescription)")
        @unknown default: return problem("the body is not valid JSON")
        }
    }

    private static func words(for type: any Any.Type) -> String {
        switch type {
        case is String.Type: "text"
        case is Int.Type: "a whole number"
        case is Bool.Type: "true or false"
        case is UInt64.Type: "a whole number of at least 0"
        case is any FixedWidthInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is [Any].Type, is [String].Type: "a list of texts"
        default: "an object"
        }
    }
}
