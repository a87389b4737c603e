import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

extension Dashboard {
    /// The largest form that is read.
    private static let longestForm = 16 * 1024

    /// Answers a request of an HTTP server.
    ///
    /// - Throws: what reading the body throws.
    public func respond(to request: Request) async throws -> Response {
        let isHead = request.method == .head
        var asked = DashboardRequest(
            method: isHead ? "GET" : request.method.rawValue, target: request.head.path ?? "/", base: base)
        asked.key = Self.key(in: request.headers)
        asked.cookie = request.headers[values: .cookie].lazy.compactMap { cookie(in: $0) }.first
        if request.method == .post {
            var form = ByteBuffer()
            for try await part in request.body where form.readableBytes <= Self.longestForm {
                form.writeImmutableBuffer(part)
            }
            if form.readableBytes <= Self.longestForm { asked.form = .init(String(buffer: form)) }
        }
        let answer = await respond(to: asked)
        var headers = HTTPFields()
        for (name, value) in answer.headers { headers.append(HTTPField(name: HTTPField.Name(name)!, value: value)) }
        return Response(
            status: .init(code: answer.status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: answer.body)))
    }

    private static func key(in headers: HTTPFields) -> String? {
        if let key = headers[HTTPField.Name("X-API-Key")!] { return key }
        guard let authorization = headers[.authorization] else { return nil }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
    }
}
