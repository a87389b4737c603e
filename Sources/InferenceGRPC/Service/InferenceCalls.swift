import GRPCCore
import Serving

/// The calls of `inference.GRPCInferenceService`. Those that are not here answer `UNIMPLEMENTED`.
struct InferenceCalls: RegistrableRPCService {
    static let service = "inference.GRPCInferenceService"

    let host: FrontEndHost
    private var repository: InferenceRepository { host.repository }

    init(_ host: FrontEndHost) { self.host = host }

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        let repository = repository
        // As over HTTP, everybody may ask whether the server lives.
        unary("ServerLive", &router, isOpen: true) { _ in AnswerMessages.truth(true) }
        unary("ServerReady", &router, isOpen: true) { _ in AnswerMessages.truth(repository.isReady) }
        unary("ServerMetadata", &router) { _ in AnswerMessages.server }
        unary("ModelReady", &router) { bytes in
            let model = try ModelName(bytes)
            _ = try repository.specification(model.name, version: model.version)
            return AnswerMessages.truth(repository.isReady)
        }
        unary("ModelMetadata", &router) { bytes in
            let model = try ModelName(bytes)
            return AnswerMessages.metadata(try repository.specification(model.name, version: model.version))
        }
        unary("ModelConfig", &router) { bytes in
            let model = try ModelName(bytes)
            return AnswerMessages.configuration(try repository.specification(model.name, version: model.version))
        }
        unary("ModelStatistics", &router) { bytes in
            let model = try ModelName(bytes)
            return AnswerMessages.statistics(try repository.statistics(model.name, version: model.version))
        }
        unary("RepositoryIndex", &router) { _ in AnswerMessages.index(repository.names) }
        unary("ModelInfer", &router) { bytes in
            AnswerMessages.infer(try await repository.infer(try InferRequestMessage(bytes).request()))
        }
        registerStream(with: &router)
    }

    /// Registers a call of one message and one answer.
    ///
    /// - Parameter isOpen: whether it answers without a key.
    private func unary<Transport: ServerTransport>(
        _ name: String, _ router: inout RPCRouter<Transport>, isOpen: Bool = false,
        _ answer: @escaping @Sendable ([UInt8]) async throws -> [UInt8]
    ) {
        let host = host
        router.registerHandler(
            forMethod: MethodDescriptor(fullyQualifiedService: Self.service, method: name),
            deserializer: MessageBytes(), serializer: MessageBytes()
        ) { stream, _ in
            let request = try await ServerRequest(stream: stream)
            var metadata: Metadata = [:]
            do throws(InferenceFault) {
                let message = try await host.answer(
                    name, headers: { Self.first($0, request.metadata) }, isOpen: isOpen,
                    answered: { for (name, value) in $0 { metadata.addString(value, forKey: name) } },
                    { try await answer(request.message) })
                return StreamingServerResponse(single: ServerResponse(message: message, metadata: metadata))
            } catch {
                return StreamingServerResponse(error: RPCError(error, metadata))
            }
        }
    }

    /// `ModelStreamInfer`: requests one after the other over one call, each answered in turn; what is wrong with one is
    /// said in its answer and ends nothing.
    private func registerStream<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        let (host, repository) = (host, repository)
        router.registerHandler(
            forMethod: MethodDescriptor(fullyQualifiedService: Self.service, method: "ModelStreamInfer"),
            deserializer: MessageBytes(), serializer: MessageBytes()
        ) { stream, _ in
            StreamingServerResponse { writer in
                for try await bytes in stream.messages {
                    var id = ""
                    let result: Result<InferenceAnswer, InferenceFault>
                    do throws(InferenceFault) {
                        result = .success(
                            try await host.answer(
                                "ModelStreamInfer", headers: { Self.first($0, stream.metadata) }, isOpen: false,
                                answered: { _ in },
                                {
                                    let message = try InferRequestMessage(bytes)
                                    id = message.id
                                    return try await repository.infer(try message.request())
                                }))
                    } catch {
                        result = .failure(error)
                    }
                    try await writer.write(AnswerMessages.streamed(result, id: id))
                }
                return [:]
            }
        }
    }

    private static func first(_ name: String, _ metadata: Metadata) -> String? {
        metadata[stringValues: name].first { _ in true }
    }
}

extension RPCError {
    /// What a fault is over gRPC.
    init(_ fault: InferenceFault, _ metadata: Metadata = [:]) {
        let code: Code =
            switch fault.kind {
            case .invalid: .invalidArgument
            case .notFound: .notFound
            case .unauthorized: .unauthenticated
            case .unavailable: .unavailable
            case .tooLarge: .resourceExhausted
            case .unsupported: .unimplemented
            case .failed: .internalError
            }
        self.init(code: code, message: fault.text, metadata: metadata)
    }
}
