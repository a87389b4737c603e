import Core
import HTTPTypes
import Hummingbird
import NIOCore

/// Answers what lies under `/v2`: the Open Inference Protocol (KServe's second) with Triton's extensions for binary
/// tensors, configurations and statistics.
final class InferenceResponder: Sendable {
    let repository: InferenceRepository

    init(_ repository: InferenceRepository) { self.repository = repository }

    /// What a path under `/v2` names.
    enum Resource {
        case server, live, ready, index, allStatistics
        case model(name: String, version: String?, Part)

        enum Part: String { case metadata, ready, config, stats, infer, load, unload }

        /// Reads what follows `/v2`.
        ///
        /// - Throws: a `notFound` fault for a path that there is not.
        init(_ path: Substring.UTF8View) throws {
            let parts = try path.split(separator: UInt8(ascii: "/")).map {
                try PercentDecoding.text($0, name: "path")
            }
            switch parts.count {
            case 0: self = .server
            case 2 where parts == ["health", "live"]: self = .live
            case 2 where parts == ["health", "ready"]: self = .ready
            case 2 where parts == ["models", "stats"]: self = .allStatistics
            case 2 where parts == ["repository", "index"]: self = .index
            case 2 where parts[0] == "models": self = .model(name: parts[1], version: nil, .metadata)
            case 3 where parts[0] == "models":
                self = .model(name: parts[1], version: nil, try Self.part(parts[2]))
            case 4 where parts[0] == "models" && parts[2] == "versions":
                self = .model(name: parts[1], version: parts[3], .metadata)
            case 4 where parts[0] == "repository" && parts[1] == "models":
                self = .model(name: parts[2], version: nil, try Self.part(parts[3]))
            case 5 where parts[0] == "models" && parts[2] == "versions":
                self = .model(name: parts[1], version: parts[3], try Self.part(parts[4]))
            default: throw Self.unknown
            }
        }

        private static func part(_ name: String) throws -> Part {
            guard let part = Part(rawValue: name), part != .metadata else { throw unknown }
            return part
        }

        private static let unknown = InferenceFault(
            .notFound, "there is nothing at this path",
            hint: "the paths are /v2, /v2/health/live, /v2/health/ready, /v2/models/stats, /v2/repository/index and "
                + "/v2/models/NAME[/versions/VERSION][/ready|/config|/stats|/infer]")

        /// Whether it answers to POST and not to GET.
        var isPost: Bool {
            switch self {
            case .index: true
            case .model(_, _, let part): [.infer, .load, .unload].contains(part)
            default: false
            }
        }

        /// Whether it answers without a key and whatever the server is busy with.
        var isHealth: Bool {
            switch self {
            case .live, .ready: true
            default: false
            }
        }
    }

    /// Answers one request.
    ///
    /// - Parameters:
    ///   - admit: lets the request in, or throws a ``Problem``.
    ///   - body: reads the body, or throws a ``Problem``.
    /// - Throws: a ``Problem``.
    func respond(
        to request: Request, target: Target, admit: () throws -> Void, body: () async throws -> ByteBuffer
    ) async throws -> Response {
        do {
            let resource = try Resource(target.name)
            let isGet = request.method == .get || request.method == .head
            guard resource.isPost ? request.method == .post : isGet else {
                let methods = resource.isPost ? "POST" : "GET, HEAD"
                throw Problem(
                    .methodNotAllowed, "wrong-method", "this path does not answer to \(request.method)",
                    hint: "use \(methods)", allow: methods)
            }
            if !resource.isHealth { try admit() }
            return try await respond(to: resource, request, body)
        } catch let fault as InferenceFault {
            throw Problem(fault)
        }
    }

    private func respond(
        to resource: Resource, _ request: Request, _ body: () async throws -> ByteBuffer
    ) async throws -> Response {
        switch resource {
        case .live: return Response(status: .ok)
        case .ready: return Response(status: repository.isReady ? .ok : .serviceUnavailable)
        case .server:
            return json([
                "name": .string(InferenceRepository.serverName), "version": .string(InferenceRepository.serverVersion),
                "extensions": .array(InferenceRepository.extensions.map { .string($0) }),
            ])
        case .index:
            return json(
                .array(
                    repository.names.map {
                        ["name": .string($0.name), "version": .string($0.version), "state": "READY", "reason": ""]
                    }))
        case .allStatistics: return json(try statistics(nil, nil))
        case .model(let name, let version, .stats): return json(try statistics(name, version))
        case .model(let name, let version, .metadata):
            return json(try repository.specification(name, version: version).metadata)
        case .model(let name, let version, .config):
            return json(try repository.specification(name, version: version).configuration)
        case .model(let name, let version, .ready):
            _ = try repository.specification(name, version: version)
            return Response(status: repository.isReady ? .ok : .serviceUnavailable)
        case .model(_, _, .load), .model(_, _, .unload):
            throw InferenceFault(
                .unsupported, "models are not loaded and unloaded one by one",
                hint: "they come with the published version: martlet publish, martlet rollback")
        case .model(let name, let version, .infer):
            if let coding = request.headers[.contentEncoding], coding != "identity" {
                throw Problem(
                    .unsupportedMediaType, "compressed-body", "the body is compressed by '\(coding.prefix(40))'",
                    hint: "send it as it is")
            }
            let asked = try InferenceBody.request(
                try await body(), jsonBytes: request.headers[.inferenceHeaderLength], model: name, version: version)
            return try await repository.infer(asked).response(asked)
        }
    }

    private func statistics(_ name: String?, _ version: String?) throws(InferenceFault) -> JSONValue {
        ["model_stats": .array(try repository.statistics(name, version: version).map(StatisticsText.json))]
    }

    private func json(_ value: JSONValue) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: value.description)))
    }
}

extension Problem {
    /// The problem that a fault is over HTTP.
    init(_ fault: InferenceFault) {
        let status: HTTPResponse.Status =
            switch fault.kind {
            case .invalid: .badRequest
            case .notFound: .notFound
            case .unauthorized: .unauthorized
            case .unavailable: .serviceUnavailable
            case .tooLarge: .contentTooLarge
            case .unsupported: .notImplemented
            case .failed: .internalServerError
            }
        self.init(
            status, "inference", fault.message, hint: fault.hint, retryAfter: fault.kind == .unavailable ? 5 : nil)
    }

    /// The fault that the problem is by the Open Inference Protocol.
    var fault: InferenceFault {
        let kind: InferenceFault.Kind =
            switch status {
            case .notFound: .notFound
            case .unauthorized: .unauthorized
            case .serviceUnavailable: .unavailable
            case .contentTooLarge: .tooLarge
            case .internalServerError: .failed
            default: .invalid
            }
        return InferenceFault(kind, detail, hint: hint)
    }

    /// The answer that carries the problem to who speaks the Open Inference Protocol: `{"error": "…"}`.
    func inferenceResponse(requestID: String) -> Response {
        var response = response(requestID: requestID)
        response.headers[.contentType] = "application/json"
        response.body = ResponseBody(
            byteBuffer: ByteBuffer(string: JSONValue.object(["error": .string(fault.text)]).description))
        return response
    }
}
