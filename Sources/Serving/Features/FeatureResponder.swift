import Core
import Hummingbird
import Logging
import NIOCore
import Stores

/// Answers requests for features as `feast serve` does.
final class FeatureResponder: Sendable {
    let store: FeatureStore
    private let limits: ServingConfiguration.Limits

    init(store: FeatureStore, limits: ServingConfiguration.Limits) {
        self.store = store
        self.limits = limits
    }

    /// `POST /get-online-features`
    ///
    /// A store that does not answer is no failure of the request: every feature is `NOT_FOUND`, and the log says why.
    ///
    /// - Throws: a ``Problem``.
    func onlineFeatures(_ body: ByteBuffer, logger: () -> Logger) async throws(Problem) -> Response {
        let query = try OnlineFeaturesQuery(body, store: store, limits: limits)
        let answer: OnlineFeatures
        do {
            answer = try await store.features(
                query.plan, entities: Dictionary(query.entities.map { ($0.name, $0.values) }) { first, _ in first })
        } catch {
            throw FeatureBody.problem(of: error)
        }
        if let failure = answer.failure {
            logger().error(
                "the store of features did not answer; they are NOT_FOUND", metadata: ["error": "\(failure)"])
        }
        return Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: answer.json(entities: query.entities))))
    }

    /// `POST /push`
    ///
    /// The answer comes when the rows can be read.
    ///
    /// - Throws: a ``Problem``.
    func push(_ body: ByteBuffer, logger: () -> Logger) async throws(Problem) -> Response {
        let json = try FeatureBody.json(body)
        guard let source = json["push_source_name"]?.string, let columns = json["df"] else {
            throw Problem(
                .badRequest, "invalid-body", "'push_source_name' must be text and 'df' an object of columns",
                hint: "send {\"push_source_name\": \"view\", \"df\": {\"join_key\": [1], …}, \"to\": \"online\"}")
        }
        let target = json["to"]?.string ?? "online"
        guard target == "online" else {
            throw Problem(
                .badRequest, "invalid-body", "'to' must be 'online', found '\(target.prefix(40))'",
                hint: "the warehouse gets its rows from 'martlet load'")
        }
        do {
            _ = try await store.push(columns, to: source)
        } catch let error as MartletError {
            if ![.invalidData, .notFound].contains(error.code) {
                logger().error("pushed features were not written", metadata: ["error": "\(error)"])
            }
            throw FeatureBody.problem(of: error)
        } catch {
            logger().error("pushed features were not written", metadata: ["error": "\(error)"])
            throw FeatureBody.problem(of: MartletError(.unavailable, "the store failed", underlying: error))
        }
        return Response(status: .ok, headers: [:], body: ResponseBody())
    }
}
