import Core
import Index
import Stores
import Tensor

/// Vectors in a vector set of Redis 8 or newer, and beside it a hash with the same vectors, by which candidates are
/// scored again.
///
/// A vector set knows cosines alone. So that their order is that of inner products, every vector gets one number more that
/// makes all of them equally long:
///
///     v' = (v, √(B² − ‖v‖²)),  q' = (q, 0),  cos(q', v') = ⟨q, v⟩ / (‖q‖ · B)
///
/// where B is at least the longest vector's length (Bachrach et al., Speeding Up the Xbox Recommender System Using a
/// Euclidean Transformation for Inner-Product Spaces, RecSys 2014). A vector that is longer than B makes all be stored
/// anew under a B twice its length. Scores and the order of what is found are exact; what is found is what Redis's graph
/// finds, more of it the larger ``Options/effort``.
///
/// Keys: `{NAME}:set` (the vector set), `{NAME}:vectors` (the hash) and `{NAME}:bound` (B).
public final class RedisVectorSet: VectorStore {
    /// How a vector set is built and asked.
    public struct Options: Sendable {
        /// How Redis holds the vectors in its graph.
        public enum Precision: String, Sendable, CaseIterable {
            /// 32 bits a number.
            case full = "NOQUANT"
            /// 8 bits a number.
            case eightBit = "Q8"
            /// A bit a number.
            case binary = "BIN"
        }

        /// How Redis holds the vectors in its graph.
        public var precision = Precision.eightBit
        /// Links of each element.
        public var links = 16
        /// Candidates that are looked at while an element is linked (`EF` of `VADD`).
        public var buildEffort = 200
        /// Candidates that a search keeps at least (`EF` of `VSIM`).
        public var effort = 200
        /// How many candidates are scored again, as a multiple of what is wanted.
        public var refine = 2.0

        /// Makes the default settings.
        public init() {}
    }

    /// Of so many allowed vectors at most, all are compared.
    private static let fewAllowed = 2048

    /// The length of each vector.
    public let dimensions: Int
    private let options: Options
    private let session: RedisSession
    private let set: [UInt8]
    private let hash: [UInt8]
    private let boundKey: [UInt8]

    /// Connects to a server and names the vectors, which need not exist.
    ///
    /// - Throws: `unavailable`, `unauthorized`; `invalidConfiguration` if the server knows no vector sets; `invalidData`
    ///   if the vectors that it has under this name are of another length.
    public init(
        _ configuration: RedisConfiguration, name: String, dimensions: Int, options: Options = Options()
    ) async throws {
        precondition(dimensions > 0, "vectors have a length")
        self.dimensions = dimensions
        self.options = options
        session = try await RedisSession(configuration)
        set = Array("{\(name)}:set".utf8)
        hash = Array("{\(name)}:vectors".utf8)
        boundKey = Array("{\(name)}:bound".utf8)
        do {
            guard try await ask(["VCARD"], set).integer ?? 0 > 0 else { return }
        } catch let error as MartletError where error.message.contains("unknown command") {
            session.close()
            throw MartletError(
                .invalidConfiguration, "\(session.summary) knows no vector sets", hint: "use Redis 8 or newer",
                underlying: error)
        }
        let found = try await ask(["VDIM"], set).integer ?? 0
        guard found == dimensions + 1 else {
            session.close()
            throw MartletError(
                .invalidData,
                "the vectors '\(name)' in \(session.summary) have \(found - 1) dimensions, not \(dimensions)",
                hint: "give the vectors of a new model a new name")
        }
    }

    /// Closes the connections.
    public func close() { session.close() }

    /// See ``VectorStore/count()``.
    public func count() async throws -> Int { try await ask(["HLEN"], hash).integer ?? 0 }

    /// See ``VectorStore/keys()``.
    public func keys() async throws -> [Int32] {
        try await ask(["HKEYS"], hash).elements?.compactMap { $0.text.flatMap { Int32($0) } }.sorted() ?? []
    }

    /// See ``VectorStore/vector(of:)``.
    public func vector(of key: Int32) async throws -> [Float]? {
        try await ask(["HGET"], hash, ["\(key)"]).bytes.flatMap { VectorBytes.decode($0, dimensions: dimensions) }
    }

    /// See ``VectorStore/search(_:k:filter:)``.
    public func search(_ queries: Matrix, k: Int, filter: SearchFilter) async throws -> RankedLists {
        try await search(queries, k: k, filter: filter, where: nil)
    }

    /// The same among the elements of which an expression on their attributes holds, such as `.price < 20`; see Redis's
    /// documentation of `VSIM … FILTER`.
    ///
    /// - Throws: as the search without; `system` with Redis's words if the expression is none.
    public func search(
        _ queries: Matrix, k: Int, filter: SearchFilter = SearchFilter(), where expression: String?
    ) async throws -> RankedLists {
        try filter.check(queries, k: k, dimensions: dimensions)
        var lists = RankedLists(count: queries.rows, k: k)
        if let allowed = filter.allowed, expression == nil {
            let passing = allowed.indices.lazy.filter { allowed[$0] }.prefix(Self.fewAllowed + 1).map { Int32($0) }
            if passing.count <= Self.fewAllowed {
                let vectors = try await vectors(of: Array(passing))
                for row in 0..<queries.rows { score(vectors, queries, row, filter).write(to: &lists, row: row) }
                return lists
            }
        }
        let total = try await count()
        var open = Array(0..<queries.rows)
        var wanted = open.map { row in
            Int(Double(k) * options.refine) + (filter.exclude?[row].count ?? 0) + 16
        }
        while !open.isEmpty, total > 0 {
            let commands = open.map { row in
                similar(to: queries.row(row), count: min(wanted[row], total), total: total, where: expression)
            }
            let answers = try await session.answers(to: commands, key: set)
            let found = answers.map { $0.elements?.compactMap { $0.text.flatMap { Int32($0) } } ?? [] }
            let vectors = try await vectors(of: Array(Set(found.joined())))
            var again: [Int] = []
            for (row, keys) in zip(open, found) {
                let own = keys.compactMap { key in vectors[key].map { (key, $0) } }
                let scored = score(own, queries, row, filter)
                if scored.count < k, keys.count >= min(wanted[row], total), keys.count < total {
                    // The filter took too many: ask for more.
                    wanted[row] = wanted[row] * 4
                    again.append(row)
                } else {
                    scored.write(to: &lists, row: row)
                }
            }
            open = again
        }
        return lists
    }

    /// See ``VectorStore/upsert(_:vectors:)``.
    public func upsert(_ keys: [Int32], vectors: Matrix) async throws {
        try await upsert(keys, vectors: vectors, attributes: nil)
    }

    /// Stores vectors with attributes, by which searches can be filtered.
    ///
    /// - Parameter attributes: a JSON object for each vector; nil leaves what is there.
    /// - Throws: see ``VectorStore/upsert(_:vectors:)``.
    public func upsert(_ keys: [Int32], vectors: Matrix, attributes: [String]?) async throws {
        try ExactIndex.check(keys, vectors, dimensions: dimensions)
        if let attributes, attributes.count != keys.count {
            throw MartletError(.invalidData, "\(attributes.count) attributes for \(keys.count) vectors")
        }
        guard !keys.isEmpty else { return }
        let longest = (0..<keys.count).reduce(0) {
            max($0, VectorBytes.product(vectors.row($1), Array(vectors.row($1))))
        }
        .squareRoot()
        let bound = try await bound(atLeast: longest)
        var hashed = ["HSET".bytes, hash]
        var commands: [[[UInt8]]] = []
        for (row, key) in keys.enumerated() {
            hashed += ["\(key)".bytes, VectorBytes.encode(vectors.row(row))]
            commands.append(add(key, Array(vectors.row(row)), bound: bound, attributes: attributes?[row]))
        }
        // First what answers are made of, then by what they are found: whoever asks meanwhile finds a whole vector.
        _ = try await session.answers(to: [hashed] + commands, key: set)
    }

    /// See ``VectorStore/delete(_:)``.
    @discardableResult public func delete(_ keys: [Int32]) async throws -> Int {
        guard !keys.isEmpty else { return 0 }
        let names = Set(keys).map { "\($0)".bytes }
        let answers = try await session.answers(
            to: names.map { ["VREM".bytes, set, $0] } + [["HDEL".bytes, hash] + names], key: set)
        return answers.last?.integer ?? 0
    }

    // MARK: - Commands

    private func ask(_ words: [String], _ key: [UInt8], _ rest: [String] = []) async throws -> RESPValue {
        try await session.answers(to: [words.map(\.bytes) + [key] + rest.map(\.bytes)], key: key)[0]
    }

    private func add(_ key: Int32, _ vector: [Float], bound: Float, attributes: String?) -> [[UInt8]] {
        let rest = max(0, bound * bound - VectorBytes.product(vector, vector)).squareRoot()
        var words =
            ["VADD".bytes, set, "FP32".bytes, VectorBytes.encode(vector + [rest]), "\(key)".bytes]
            + [options.precision.rawValue, "EF", "\(options.buildEffort)"].map(\.bytes)
        if let attributes { words += ["SETATTR".bytes, attributes.bytes] }
        return words + ["M".bytes, "\(options.links)".bytes]
    }

    private func similar(to query: some Collection<Float>, count: Int, total: Int, where expression: String?)
        -> [[UInt8]]
    {
        // A query of zeros is as near to all: its candidates are any.
        let last: Float = query.allSatisfy { $0 == 0 } ? 1 : 0
        var words =
            ["VSIM".bytes, set, "FP32".bytes, VectorBytes.encode(Array(query) + [last])]
            + ["COUNT", "\(count)", "EF", "\(max(options.effort, count))"].map(\.bytes)
        if let expression { words += ["FILTER", expression, "FILTER-EF", "\(total)"].map(\.bytes) }
        return words
    }

    /// The vectors that there are under some of the keys.
    private func vectors(of keys: [Int32]) async throws -> [Int32: [Float]] {
        guard !keys.isEmpty else { return [:] }
        let answers = try await session.answers(
            to: [["HMGET".bytes, hash] + keys.map { "\($0)".bytes }], key: hash)
        var found: [Int32: [Float]] = [:]
        for (key, value) in zip(keys, answers[0].elements ?? []) {
            if let vector = value.bytes.flatMap({ VectorBytes.decode($0, dimensions: dimensions) }) {
                found[key] = vector
            }
        }
        return found
    }

    private func score(
        _ vectors: some Sequence<(key: Int32, value: [Float])>, _ queries: Matrix, _ row: Int, _ filter: SearchFilter
    ) -> ScoredKeys {
        var scored = ScoredKeys()
        let query = queries.row(row)
        for (key, vector) in vectors where filter.lets(key, row: row) {
            scored.append(key, score: VectorBytes.product(query, vector))
        }
        return scored
    }

    // MARK: - The bound

    /// B, after all vectors are stored anew if it was too small.
    private func bound(atLeast longest: Float) async throws -> Float {
        let old = try await ask(["GET"], boundKey).text.flatMap { Float($0) }
        if let old, old >= longest { return old }
        let bound = max(longest * (old == nil ? 1.5 : 2), .leastNormalMagnitude)
        if old != nil {
            let all = try await keys()
            for start in stride(from: 0, to: all.count, by: 1000) {
                let vectors = try await vectors(of: Array(all[start..<min(start + 1000, all.count)]))
                _ = try await session.answers(
                    to: vectors.map { add($0.key, $0.value, bound: bound, attributes: nil) }, key: set)
            }
        }
        // Last: a process that dies before leaves the old one, and the next upsert begins again.
        _ = try await ask(["SET"], boundKey, ["\(bound)"])
        return bound
    }
}

extension String {
    fileprivate var bytes: [UInt8] { Array(utf8) }
}
