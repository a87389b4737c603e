import Core
import Index
import Stores
import Tensor

/// Vectors in the hashes of a Redis server with RediSearch (Redis Stack, or Redis 8 with its query engine), found by
/// `FT.SEARCH … KNN`.
///
/// A vector is the hash `NAME:KEY` with the fields `key` and `v` (float32, little-endian), and `NAME` is the index over
/// them: any program that knows RediSearch can read and write it. Filters become conditions on `key`, which RediSearch
/// applies before it searches. Scores are inner products of the vectors themselves. For one server: a cluster of
/// RediSearch divides its indexes in a way of its own.
public final class RediSearchVectors: VectorStore {
    /// How an index is built and asked.
    public struct Options: Sendable {
        /// How RediSearch searches.
        public enum Algorithm: String, Sendable {
            /// All vectors are compared.
            case flat = "FLAT"
            /// A graph.
            case graph = "HNSW"
        }

        /// How RediSearch searches.
        public var algorithm = Algorithm.flat
        /// Candidates that a search in the graph keeps.
        public var effort = 200
        /// How many candidates are asked for, as a multiple of what is wanted.
        public var refine = 1.0
        /// Of so many allowed vectors at most, all are compared.
        public var fewAllowed = 2048

        /// Makes the default settings.
        public init() {}
    }

    /// Runs of keys that a query has at most.
    private static let mostRuns = 64

    /// The length of each vector.
    public let dimensions: Int
    private let options: Options
    private let session: RedisSession
    private let name: String

    /// Connects to a server and makes the index if there is none of this name.
    ///
    /// - Throws: `unavailable`, `unauthorized`; `invalidConfiguration` if the server has no RediSearch.
    public init(
        _ configuration: RedisConfiguration, name: String, dimensions: Int, options: Options = Options()
    ) async throws {
        precondition(dimensions > 0, "vectors have a length")
        self.name = name
        self.dimensions = dimensions
        self.options = options
        session = try await RedisSession(configuration)
        var settings = ["TYPE", "FLOAT32", "DIM", "\(dimensions)", "DISTANCE_METRIC", "IP"]
        if options.algorithm == .graph { settings += ["EF_RUNTIME", "\(options.effort)"] }
        let words =
            [
                "FT.CREATE", name, "ON", "HASH", "PREFIX", "1", "\(name):", "SCHEMA", "key", "NUMERIC",
                "SORTABLE", "v",
            ]
            + ["VECTOR", options.algorithm.rawValue, "\(settings.count)"] + settings
        do {
            _ = try await ask(words.map { Array($0.utf8) })
        } catch let error as MartletError where error.message.contains("already exists") {
        } catch let error as MartletError where error.message.contains("unknown command") {
            session.close()
            throw MartletError(
                .invalidConfiguration, "\(session.summary) has no RediSearch",
                hint: "use Redis Stack, or vector sets with Redis 8", underlying: error)
        }
    }

    /// Closes the connections.
    public func close() { session.close() }

    /// See ``VectorStore/count()``.
    public func count() async throws -> Int {
        try SearchAnswer(
            await ask(["FT.SEARCH", name, "*", "LIMIT", "0", "0", "DIALECT", "2"].map { Array($0.utf8) })
        ).total
    }

    /// See ``VectorStore/keys()``.
    public func keys() async throws -> [Int32] {
        let words = [
            "FT.SEARCH", name, "*", "RETURN", "1", "key", "LIMIT", "0", "\(max(1, try await count()))",
            "DIALECT", "2",
        ]
        return try SearchAnswer(await ask(words.map { Array($0.utf8) })).rows.compactMap(\.key).sorted()
    }

    /// See ``VectorStore/vector(of:)``.
    public func vector(of key: Int32) async throws -> [Float]? {
        try await ask(["HGET", "\(name):\(key)", "v"].map { Array($0.utf8) }).bytes
            .flatMap { VectorBytes.decode($0, dimensions: dimensions) }
    }

    /// See ``VectorStore/search(_:k:filter:)``.
    public func search(_ queries: Matrix, k: Int, filter: SearchFilter) async throws -> RankedLists {
        try filter.check(queries, k: k, dimensions: dimensions)
        var lists = RankedLists(count: queries.rows, k: k)
        var condition = "*"
        if let allowed = filter.allowed {
            let passing = allowed.indices.lazy.filter { allowed[$0] }.prefix(options.fewAllowed + 1).map { Int32($0) }
            if passing.isEmpty { return lists }
            if passing.count <= options.fewAllowed {
                let vectors = try await vectors(of: Array(passing))
                for row in 0..<queries.rows {
                    score(vectors, queries.row(row), row, filter).write(to: &lists, row: row)
                }
                return lists
            }
            // More runs than a query should have are sorted out here, of more candidates.
            condition = Self.condition(allowed, most: Self.mostRuns) ?? condition
        }
        var open = Array(0..<queries.rows)
        var wanted = open.map { Int(Double(k) * options.refine) + (filter.exclude?[$0].count ?? 0) + 16 }
        while !open.isEmpty {
            let commands = open.map { command(condition, queries.row($0), count: wanted[$0]) }
            let answers = try await session.answers(to: commands, key: Array(name.utf8))
            var again: [Int] = []
            for (row, answer) in zip(open, answers) {
                let found = try SearchAnswer(answer).rows
                let own = found.compactMap { row -> (key: Int32, value: [Float])? in
                    guard let key = row.key,
                        let vector = row.vector.flatMap({ VectorBytes.decode($0, dimensions: dimensions) })
                    else { return nil }
                    return (key, vector)
                }
                let scored = score(own, queries.row(row), row, filter)
                if scored.count < k, found.count >= wanted[row] {
                    wanted[row] *= 4
                    again.append(row)
                } else {
                    scored.write(to: &lists, row: row)
                }
            }
            open = again
        }
        return lists
    }

    private func command(_ condition: String, _ query: some Collection<Float>, count: Int) -> [[UInt8]] {
        let texts = ["FT.SEARCH", name, "(\(condition))=>[KNN \(count) @v $query AS distance]", "PARAMS", "2", "query"]
        let rest = ["SORTBY", "distance", "ASC", "RETURN", "2", "key", "v", "LIMIT", "0", "\(count)", "DIALECT", "2"]
        return texts.map { Array($0.utf8) } + [VectorBytes.encode(query)] + rest.map { Array($0.utf8) }
    }

    private func vectors(of keys: [Int32]) async throws -> [(key: Int32, value: [Float])] {
        let commands = keys.map { ["HGET", "\(name):\($0)", "v"].map { Array($0.utf8) } }
        let answers = try await session.answers(to: commands, key: Array(name.utf8))
        return zip(keys, answers).compactMap { key, answer in
            answer.bytes.flatMap { VectorBytes.decode($0, dimensions: dimensions) }.map { (key, $0) }
        }
    }

    private func score(
        _ vectors: [(key: Int32, value: [Float])], _ query: some Collection<Float>, _ row: Int, _ filter: SearchFilter
    ) -> ScoredKeys {
        var scored = ScoredKeys()
        for (key, vector) in vectors where filter.lets(key, row: row) {
            scored.append(key, score: VectorBytes.product(query, vector))
        }
        return scored
    }

    /// See ``VectorStore/upsert(_:vectors:)``.
    public func upsert(_ keys: [Int32], vectors: Matrix) async throws {
        try ExactIndex.check(keys, vectors, dimensions: dimensions)
        let commands = keys.enumerated().map { row, key in
            ["HSET", "\(name):\(key)", "key", "\(key)", "v"].map { Array($0.utf8) } + [
                VectorBytes.encode(vectors.row(row))
            ]
        }
        _ = try await session.answers(to: commands, key: Array(name.utf8))
    }

    /// See ``VectorStore/delete(_:)``.
    @discardableResult public func delete(_ keys: [Int32]) async throws -> Int {
        guard !keys.isEmpty else { return 0 }
        let names = Set(keys).map { Array("\(name):\($0)".utf8) }
        return try await ask([Array("DEL".utf8)] + names).integer ?? 0
    }

    private func ask(_ words: [[UInt8]]) async throws -> RESPValue {
        try await session.answers(to: [words], key: Array(name.utf8))[0]
    }

    /// `@key:[0 4] | @key:[7 7]`: the allowed keys as runs; nil if they are more than so many.
    static func condition(_ allowed: [Bool], most: Int) -> String? {
        var runs: [String] = []
        var start: Int?
        for key in 0...allowed.count {
            if key < allowed.count, allowed[key] {
                start = start ?? key
            } else if let first = start {
                runs.append("@key:[\(first) \(key - 1)]")
                start = nil
                if runs.count > most { return nil }
            }
        }
        return runs.joined(separator: " | ")
    }
}

/// What `FT.SEARCH` answers: in RESP2 the total and then ids and fields in turn, in RESP3 a map.
private struct SearchAnswer {
    struct Row {
        var key: Int32?
        var vector: [UInt8]?

        init(_ fields: RESPValue?) {
            key = fields?.member("key")?.text.flatMap { Int32($0) }
            vector = fields?.member("v")?.bytes
        }
    }

    var total = 0
    var rows: [Row] = []

    init(_ answer: RESPValue) throws {
        if let results = answer.member("results")?.elements,
            let total = answer.member("total_results")?.integer
        {
            self.total = total
            rows = results.map { Row($0.member("extra_attributes")) }
        } else if let elements = answer.elements, let total = elements.first?.integer {
            self.total = total
            rows = stride(from: 2, to: elements.count, by: 2).map { Row(elements[$0]) }
        } else {
            throw MartletError(
                .system, "FT.SEARCH is answered in a form that is neither RESP2's nor RESP3's")
        }
    }
}
