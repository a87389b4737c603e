import Core
import Hummingbird
import Logging
import NIOCore
import Stores

/// Answers requests for lists.
struct ListResponder: Sendable {
    let versions: ServedVersions
    let limits: ServingConfiguration.Limits
    let metrics: ServingMetrics

    /// `GET /v1/recommendations/{user}`
    ///
    /// - Throws: a ``Problem``.
    func recommendations(_ target: Target, logger: () -> Logger) async throws -> Response {
        let user = try PercentDecoding.text(target.name, name: "user")
        let query = try ListQuery(target.query, limits: limits)
        let version = try served()
        var list: ListEntry?
        var reason = Fallback.unknownUser
        do {
            list = try await version.snapshot.list(user: user)
        } catch {
            reason = .storeUnavailable
            note(error, logger)
        }
        let answer = try answer(user, list, otherwise: reason, query: query, version: version)
        return answer.response(query, version: version)
    }

    /// `POST /v1/recommendations`
    ///
    /// - Throws: a ``Problem``.
    func batch(_ body: ByteBuffer, logger: () -> Logger) async throws -> Response {
        let query = try BatchQuery(body, limits: limits)
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
            try answer(user, lists[index], otherwise: reason, query: query.list, version: version)
                .write(to: &buffer, query: query.list, version: version, stamped: false)
        }
        buffer.writeString("],")
        buffer.writeBytes(version.stamp)
        buffer.writeString("}")
        return Response(
            status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: buffer))
    }

    /// `GET /v1/similar/{item}`
    ///
    /// - Throws: a ``Problem``.
    func similar(_ target: Target, logger: () -> Logger) async throws -> Response {
        let item = try PercentDecoding.text(target.name, name: "item")
        let query = try ListQuery(target.query, allowed: ["k", "exclude"], limits: limits)
        let version = try served()
        let list: ListEntry?
        do {
            list = try await version.snapshot.similar(item: item)
        } catch {
            note(error, logger)
            throw Problem(
                .serviceUnavailable, "store-unavailable", "the store of similar items did not answer",
                hint: "try again in a moment", retryAfter: 1)
        }
        guard let list else {
            let isKnown = version.snapshot.catalogue.index(of: item) != nil
            throw Problem(
                .notFound, isKnown ? "no-similar-items" : "unknown-item",
                isKnown ? "the item has no list of similar items" : "there is no item of this id",
                hint: isKnown
                    ? "the model did not see it often enough; publish similar items for it"
                    : "ids are case-sensitive and keep their leading zeros")
        }
        metrics.countList(.similar)
        let answer = ListAnswer(subjectName: "item", subject: item, entry: list)
        return answer.response(query, version: version)
    }

    private func served() throws(Problem) -> ServedVersion {
        if let version = versions.current { return version }
        throw Problem(
            .serviceUnavailable, "nothing-published", "no published version has been loaded yet",
            hint: "publish one: martlet publish", retryAfter: 5)
    }

    private func answer(
        _ user: String, _ list: ListEntry?, otherwise reason: Fallback, query: ListQuery, version: ServedVersion
    ) throws(Problem) -> ListAnswer {
        if let list {
            metrics.countList(.own)
            return ListAnswer(subjectName: "user", subject: user, entry: list)
        }
        let segment = query.segment.flatMap { version.snapshot.fallbacks[$0] == nil ? nil : $0 }
        guard let entry = version.snapshot.fallback(segment: segment) else {
            if reason == .storeUnavailable {
                throw Problem(
                    .serviceUnavailable, "store-unavailable", "the store did not answer and no fallback is published",
                    hint: "publish a fallback list: martlet publish writes one", retryAfter: 1)
            }
            throw Problem(
                .notFound, "unknown-user", "nothing is published for this user and there is no fallback",
                hint: "publish a fallback list: martlet publish writes one")
        }
        metrics.countFallback(reason)
        return ListAnswer(subjectName: "user", subject: user, entry: entry, fallback: reason, segment: segment)
    }

    private func note(_ error: any Error, _ logger: () -> Logger) {
        metrics.countStoreError()
        logger().warning("the store did not answer; the fallback stands in", metadata: ["error": "\(error)"])
    }
}
