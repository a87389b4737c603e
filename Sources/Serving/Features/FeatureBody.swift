import Core
import FoundationEssentials
import Hummingbird
import NIOCore
import Stores

/// What the requests for features have in common.
enum FeatureBody {
    /// Reads a body.
    ///
    /// - Throws: a 400 problem if it is no JSON.
    static func json(_ body: ByteBuffer) throws(Problem) -> JSONValue {
        let json: JSONValue
        do {
            json = try JSONDecoder().decode(JSONValue.self, from: Data(body.readableBytesView))
        } catch {
            throw Problem(.badRequest, "invalid-body", "the body is not valid JSON", hint: "send a JSON object")
        }
        if let comma = TrailingComma.position(in: body.readableBytesView) {
            throw Problem(
                .badRequest, "invalid-body",
                "the body is not valid JSON: nothing follows the comma at byte \(comma + 1)")
        }
        return json
    }

    /// What a caller is told of an error of the feature store.
    static func problem(of error: MartletError) -> Problem {
        switch error.code {
        case .notFound: Problem(.notFound, "unknown-feature", error.message, hint: error.hint)
        case .invalidData: Problem(.badRequest, "invalid-body", error.message, hint: error.hint)
        default:
            Problem(
                .serviceUnavailable, "store-unavailable", "the store of features did not take the rows",
                hint: "send them again in a moment", retryAfter: 1)
        }
    }
}
