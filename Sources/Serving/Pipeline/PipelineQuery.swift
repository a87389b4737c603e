import Core
import FoundationEssentials
import Hummingbird
import NIOCore
import Pipeline

/// The body of a request to the pipeline:
/// `{"user": "a", "k": 12, "context": {"items": ["x"]}, "filters": {"exclude": [], "allow": [], "categories": [],
/// "columns": {"price": {"from": 5, "to": 50}, "market": "SE", "colour": {"not": ["Black"]}}},
/// "explain": true, "item": "y", "seed": 1}`.
struct PipelineQuery: Decodable {
    var user: String
    var k: Int?
    var context: Context?
    var filters: Filters?
    var explain: Bool?
    var item: String?
    var seed: UInt64?

    struct Context: Decodable {
        var items: [String]?
        static let names = ["items"]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: BodyKey.self)
            try container.check(Self.names)
            items = try container.decodeIfPresent([String].self, forKey: BodyKey("items"))
        }
    }

    struct Filters: Decodable {
        var exclude: [String]?
        var allow: [String]?
        var categories: [String]?
        var columns: [String: ColumnQuery]?
        static let names = ["exclude", "allow", "categories", "columns"]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: BodyKey.self)
            try container.check(Self.names)
            exclude = try container.decodeIfPresent([String].self, forKey: BodyKey("exclude"))
            allow = try container.decodeIfPresent([String].self, forKey: BodyKey("allow"))
            categories = try container.decodeIfPresent([String].self, forKey: BodyKey("categories"))
            columns = try container.decodeIfPresent([String: ColumnQuery].self, forKey: BodyKey("columns"))
        }
    }

    static let names = ["user", "k", "context", "filters", "explain", "item", "seed"]

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: BodyKey.self)
        try container.check(Self.names)
        user = try container.decode(String.self, forKey: BodyKey("user"))
        k = try container.wholeNumber(Int.self, "k")
        context = try container.decodeIfPresent(Context.self, forKey: BodyKey("context"))
        filters = try container.decodeIfPresent(Filters.self, forKey: BodyKey("filters"))
        explain = try container.decodeIfPresent(Bool.self, forKey: BodyKey("explain"))
        item = try container.decodeIfPresent(String.self, forKey: BodyKey("item"))
        seed = try container.wholeNumber(UInt64.self, "seed")
    }

    /// The request, checked against the server's limits.
    ///
    /// - Throws: a 400 problem.
    func request(limits: ServingConfiguration.Limits) throws(Problem) -> PipelineRequest {
        guard !user.isEmpty else { throw Self.problem("'user' is an empty text") }
        var request = PipelineRequest(user: user)
        if let k { request.k = try ListQuery.length(k, limits: limits) }
        let named = [context?.items, filters?.exclude, filters?.allow, filters?.categories].map { $0?.count ?? 0 }
        for count in named { try ListQuery.check(count, limits: limits) }
        request.context = context?.items ?? []
        request.excluded = Set(filters?.exclude ?? [])
        request.allowed = filters?.allow.map { Set($0) }
        request.categories = filters?.categories.map { Set($0) }
        let columns = filters?.columns ?? [:]
        try ListQuery.check(columns.count, limits: limits)
        request.columns = columns.sorted { $0.key < $1.key }.map { ColumnCondition($0.key, $0.value.test) }
        request.explains = explain ?? false
        request.item = item
        request.seed = seed ?? .random(in: 0 ... .max)
        return request
    }

    static func problem(_ detail: String) -> Problem {
        Problem(.badRequest, "invalid-body", detail, hint: "send {\"user\": \"id\", \"k\": 12}")
    }
}

/// A body of `POST /v1/recommendations`: for one user, which the pipeline answers, or for several, who get their lists.
enum RecommendationBody: Decodable {
    case pipeline(PipelineQuery)
    case lists(BatchQuery.Fields)

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: BodyKey.self)
        self =
            container.contains(BodyKey("user")) && !container.contains(BodyKey("users"))
            ? .pipeline(try PipelineQuery(from: decoder)) : .lists(try BatchQuery.Fields(from: decoder))
    }

    /// Reads a body.
    ///
    /// - Throws: a 400 problem for what is no JSON or of another form.
    static func read(_ body: ByteBuffer) throws(Problem) -> RecommendationBody {
        if let query = PipelineQuery(plain: body) { return .pipeline(query) }
        let read: RecommendationBody
        do {
            read = try JSONDecoder().decode(Self.self, from: Data(body.readableBytesView))
        } catch let error as DecodingError {
            throw BatchQuery.problem(of: error)
        } catch {
            throw BatchQuery.problem("the body is not valid JSON")
        }
        if let comma = TrailingComma.position(in: body.readableBytesView) {
            throw BatchQuery.problem("the body is not valid JSON: nothing follows the comma at byte \(comma + 1)")
        }
        return read
    }
}

/// A member of a body.
struct BodyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension KeyedDecodingContainer where Key == BodyKey {
    /// A whole number, or nil. The platform's decoder takes a fraction, or a number that is too large, for a fault of the
    /// whole document, and forgets where it stands.
    func wholeNumber<Number: FixedWidthInteger & Decodable>(_ type: Number.Type, _ name: String) throws -> Number? {
        let key = BodyKey(name)
        guard contains(key), try !decodeNil(forKey: key) else { return nil }
        do {
            return try decode(type, forKey: key)
        } catch {
            throw DecodingError.typeMismatch(
                type, DecodingError.Context(codingPath: codingPath + [key], debugDescription: "no whole number"))
        }
    }

    /// Refuses members of other names.
    func check(_ names: [String]) throws {
        for key in allKeys where !names.contains(key.stringValue) {
            let hint = nearest(to: key.stringValue, among: names).map { "; did you mean '\($0)'?" } ?? ""
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "there is no member of this name\(hint)")
        }
    }
}
