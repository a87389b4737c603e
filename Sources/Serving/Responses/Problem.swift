import Core
import HTTPTypes
import Hummingbird
import NIOCore

/// An error as a client reads it: RFC 9457's problem details, with a hint of how to put it right.
struct Problem: Error {
    var status: HTTPResponse.Status
    /// A short name of the kind of problem, the last part of its `type`.
    var kind: String
    /// What was expected and what was found.
    var detail: String
    /// One way to put it right.
    var hint: String?
    /// After how many seconds to try again.
    var retryAfter: Int?
    /// The methods that the path answers to, for 405.
    var allow: String?
    /// Whether the connection must not be used again, because the rest of the request was not read.
    var closesConnection = false

    init(
        _ status: HTTPResponse.Status, _ kind: String, _ detail: String, hint: String? = nil, retryAfter: Int? = nil,
        allow: String? = nil, closesConnection: Bool = false
    ) {
        self.status = status
        self.kind = kind
        self.detail = detail
        self.hint = hint
        self.retryAfter = retryAfter
        self.allow = allow
        self.closesConnection = closesConnection
    }

    /// The answer that carries the problem.
    func response(requestID: String) -> Response {
        var members: [String: JSONValue] = [
            "type": .string("urn:martlet:problem:\(kind)"), "title": .string(status.reasonPhrase),
            "status": .integer(Int64(status.code)), "detail": .string(detail), "request_id": .string(requestID),
        ]
        members["hint"] = hint.map(JSONValue.string)
        var headers: HTTPFields = [.contentType: "application/problem+json"]
        if let retryAfter { headers[.retryAfter] = String(retryAfter) }
        if let allow { headers[.allow] = allow }
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer realm=\"martlet\"" }
        if closesConnection { headers[.connection] = "close" }
        return Response(
            status: status, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: JSONValue.object(members).description)))
    }
}
