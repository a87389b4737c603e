import Core
import Hummingbird
import Logging
import NIOCore
import Stores

/// Answers requests for lists.
final class ListResponder: Sendable {
    let versions: ServedVersions
    let limits: ServingConfiguration.Limits
    let metrics: ServingMetrics

    init(versions: ServedVersions, limits: ServingConfiguration.Limits, metrics: ServingMetrics) {
        self.versions = versions
        self.limits = limits
        self.metrics = metrics
    }

    /// `GET /v1/recommendations/{user}`
    ///
    /// - Throws: a ``Problem``.
    func recommendations(_ target: Target, logger: () -> Logger) async throws -> Response {
        let user = try PercentDecoding.text(target.name, name: "user")
        let query = try ListQuery(target.query, limits: limits)
        let version = try served()
        let answer = ListAnswer(subjectName: "user", subject: user, query: query, version: version)
        var buffer = ByteBuffer()
        var reason = Fallback.unknownUser
        do {
            if try await version.snapshot.read(user: user, { answer.write($0, to: &buffer) }) {
                metrics.countList(.own)
                return Self.response(buffer)
            }
        } catch {
            reason = .storeUnavailable
            note(error, logger)
        }
        try writeFallback(answer, reason, to: &buffer)
        return Self.response(buffer)
    }

    /// `POST /v1/recommendations` for one user, where there is no bundle for the pipeline: the published list stands in.
    ///
    /// - Throws: a ``Problem``; also if the request filters by what only a bundle knows.
    func standIn(for query: PipelineQuery, logger: () -> Logger) async throws -> Response {
        let version = try served()
        guard query.filters?.categories == nil else {
            throw Problem(
                .serviceUnavailable, "no-pipeline", "no bundle is loaded, and lists do not know of categories",
                hint: "try again in a moment, or ask without filters.categories", retryAfter: 5)
        }
        var list = ListQuery(limits: limits)
        list.k = query.k ?? list.k
        list.excluded = Set(query.filters?.exclude ?? [])
        list.allowed = query.filters?.allow.map { Set($0) }
        var answer = ListAnswer(subjectName: "user", subject: query.user, query: list, version: version)
        answer.fallback = .noPipeline
        var buffer = ByteBuffer()
        do {
            if try await version.snapshot.read(user: query.user, { answer.write($0, to: &buffer) }) {
                metrics.countFallback(.noPipeline)
                return Self.response(buffer)
            }
        } catch {
            note(error, logger)
        }
        try writeFallback(answer, .noPipeline, to: &buffer)
        return Self.response(buffer)
    }

    /// `POST /v1/recommendations` for several users.
    ///
    /// - Throws: a ``Problem``.
    func batch(_ fields: BatchQuery.Fields, logger: () -> Logger) async throws -> Response {
        let query = try BatchQuery(fields, limits: limits)
        let version = try served()
        var lists: [ListEntry?]
        var reason = Fallback.unknownUser
        do {
            lists = try await version.snapshot.lists(users: query.users)
        } catch {
            lists = Array(repeating: nil, count: query.users.count)
            reason = .storeUnavailable
            note(error, logger)
        }
        var buffer = ByteBuffer()
        buffer.reserveCapacity(query.users.count * query.list.k * 64 + 256)
        buffer.writeString("{\"results\":[")
        for (index, user) in query.users.enumerated() {
            if index > 0 { buffer.writeInteger(UInt8(ascii: ",")) }
            let answer = ListAnswer(
                subjectName: "user", subject: user, query: query.list, version: version, isStamped: false)
            if let list = lists[index] {
                metrics.countList(.own)
                answer.write(list.pairs, to: &buffer)
            } else {
                try writeFallback(answer, reason, to: &buffer)
            }
        }
        buffer.writeString("],")
        buffer.writeBytes(version.stamp)
        buffer.writeString("}")
        return Self.response(buffer)
    }

    /// `GET /v1/similar/{item}`
    ///
    /// - Throws: a ``Problem``.
    func similar(_ target: Target, logger: () -> Logger) async throws -> Response {
        let item = try PercentDecoding.text(target.name, name: "item")
        let query = try ListQuery(target.query, allowed: ["k", "exclude"], limits: limits)
        let version = try served()
        let answer = ListAnswer(subjectName: "item", subject: item, query: query, version: version)
        var buffer = ByteBuffer()
        let isFound: Bool
        do {
            isFound = try await version.snapshot.read(similarTo: item) { answer.write($0, to: &buffer) }
        } catch {
            note(error, logger)
            throw Problem(
                .serviceUnavailable, "store-unavailable", "the store of similar items did not answer",
                hint: "try again in a moment", retryAfter: 1)
        }
        guard isFound else {
            let isKnown = version.snapshot.catalogue.index(of: item) != nil
            throw Problem(
                .notFound, isKnown ? "no-similar-items" : "unknown-item",
                isKnown ? "the item has no list of similar items" : "there is no item of this id",
                hint: isKnown
                    ? "the model did not see it often enough; publish similar items for it"
                    : "ids are case-sensitive and keep their leading zeros")
        }
        metrics.countList(.similar)
        return Self.response(buffer)
    }

    private func served() throws(Problem) -> ServedVersion {
        if let version = versions.current { return version }
        throw Problem(
            .serviceUnavailable, "nothing-published", "no published version has been loaded yet",
            hint: "publish one: martlet publish", retryAfter: 5)
    }

    /// Writes the list that stands in for a user's own: the segment's, or everyone's.
    private func writeFallback(_ answer: ListAnswer, _ reason: Fallback, to buffer: inout ByteBuffer) throws(Problem) {
        let snapshot = answer.version.snapshot
        let segment = answer.query.segment.flatMap { snapshot.fallbacks[$0] == nil ? nil : $0 }
        guard let entry = snapshot.fallback(segment: segment) else {
            if reason != .unknownUser {
                throw Problem(
                    .serviceUnavailable, "store-unavailable", "the store did not answer and no fallback is published",
                    hint: "publish a fallback list: martlet publish writes one", retryAfter: 1)
            }
            throw Problem(
                .notFound, "unknown-user", "nothing is published for this user and there is no fallback",
                hint: "publish a fallback list: martlet publish writes one")
        }
        metrics.countFallback(reason)
        var answer = answer
        answer.fallback = reason
        answer.segment = segment
        answer.write(entry.pairs, to: &buffer)
    }

    private static func response(_ buffer: ByteBuffer) -> Response {
        Response(status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: buffer))
    }

    private func note(_ error: any Error, _ logger: () -> Logger) {
        metrics.countStoreError()
        logger().warning("the store did not answer; the fallback stands in", metadata: ["error": "\(error)"])
    }
}
