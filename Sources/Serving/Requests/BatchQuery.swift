import Core
import FoundationEssentials
import Hummingbird
import NIOCore

/// The body of a request for many users: `{"users": ["a", "b"], "k": 12, "exclude": […], "segment": "women"}`.
struct BatchQuery {
    var users: [String]
    var list: ListQuery

    /// Reads a body.
    ///
    /// - Throws: a 400 problem for what is no JSON or of another form, 413 for more users than allowed.
    init(_ body: ByteBuffer, limits: ServingConfiguration.Limits) throws(Problem) {
        let fields: Fields
        do {
            fields = try JSONDecoder().decode(Fields.self, from: Data(body.readableBytesView))
        } catch let error as DecodingError {
            throw Self.problem(of: error)
        } catch {
            throw Self.problem("the body is not valid JSON")
        }
        if let comma = TrailingComma.position(in: body.readableBytesView) {
            throw Self.problem("the body is not valid JSON: nothing follows the comma at byte \(comma + 1)")
        }
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

    private struct Fields: Decodable {
        var users: [String]
        var k: Int?
        var exclude: [String]?
        var segment: String?

        struct Key: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            let names = ["users"] + ListQuery.names
            for key in container.allKeys where !names.contains(key.stringValue) {
                let hint = nearest(to: key.stringValue, among: names).map { "; did you mean '\($0)'?" } ?? ""
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "there is no member of this name\(hint)")
            }
            users = try container.decode([String].self, forKey: Key(stringValue: "users"))
            k = try container.decodeIfPresent(Int.self, forKey: Key(stringValue: "k"))
            exclude = try container.decodeIfPresent([String].self, forKey: Key(stringValue: "exclude"))
            segment = try container.decodeIfPresent(String.self, forKey: Key(stringValue: "segment"))
        }
    }

    private static func problem(_ detail: String) -> Problem {
        Problem(.badRequest, "invalid-body", detail, hint: "send {\"users\": [\"id\", …], \"k\": 12}")
    }

    private static func problem(of error: DecodingError) -> Problem {
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
        case is [Any].Type, is [String].Type: "a list of texts"
        default: "an object"
        }
    }
}
