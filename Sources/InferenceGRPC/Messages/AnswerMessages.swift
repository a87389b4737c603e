import Serving

/// The messages that answers consist of, written. The numbers of their fields are those of Triton's
/// `grpc_service.proto` and `model_config.proto`.
enum AnswerMessages {
    /// `ServerLiveResponse`, `ServerReadyResponse`, `ModelReadyResponse`
    static func truth(_ value: Bool) -> [UInt8] {
        var message = ProtobufWriter()
        message.write(1, value)
        return message.bytes
    }

    /// `ServerMetadataResponse`
    static var server: [UInt8] {
        var message = ProtobufWriter()
        message.write(1, InferenceRepository.serverName)
        message.write(2, InferenceRepository.serverVersion)
        for name in InferenceRepository.extensions { message.writeElement(3, Array(name.utf8)) }
        return message.bytes
    }

    /// `ModelMetadataResponse`
    static func metadata(_ model: ModelSpecification) -> [UInt8] {
        var message = ProtobufWriter()
        message.write(1, model.name)
        message.writeElement(2, Array(model.version.utf8))
        message.write(3, model.platform)
        for (field, tensors) in [(4, model.inputs), (5, model.outputs)] {
            for tensor in tensors {
                message.write(field) {
                    $0.write(1, tensor.name)
                    $0.write(2, tensor.type.rawValue)
                    $0.write(3, packed: tensor.shape)
                }
            }
        }
        return message.bytes
    }

    /// `ModelConfigResponse`
    static func configuration(_ model: ModelSpecification) -> [UInt8] {
        var message = ProtobufWriter()
        message.write(1) { config in
            config.write(1, model.name)
            config.write(2, model.platform)
            config.write(3) { policy in
                policy.write(3) { $0.write(1, packed: [Int(model.version) ?? 1]) }
            }
            config.write(4, model.maxBatch)
            for tensor in model.inputs {
                config.write(5) {
                    $0.write(1, tensor.name)
                    $0.write(2, tensor.type.configurationNumber)
                    $0.write(4, packed: tensor.dimensions)
                    $0.write(8, tensor.isOptional)
                }
            }
            for tensor in model.outputs {
                config.write(6) {
                    $0.write(1, tensor.name)
                    $0.write(2, tensor.type.configurationNumber)
                    $0.write(3, packed: tensor.dimensions)
                }
            }
            config.write(11) { _ in }
            config.write(17, "martlet")
            config.write(19) { _ in }
        }
        return message.bytes
    }

    /// `ModelInferResponse`
    static func infer(_ answer: InferenceAnswer) -> [UInt8] {
        var message = ProtobufWriter()
        message.write(1, answer.model)
        message.write(2, answer.version)
        message.write(3, answer.id)
        for output in answer.outputs {
            message.write(5) {
                $0.write(1, output.name)
                $0.write(2, output.type.rawValue)
                $0.write(3, packed: output.shape)
            }
        }
        for output in answer.outputs { message.writeElement(6, output.bytes) }
        return message.bytes
    }

    /// `ModelStreamInferResponse` with an answer, or with what went wrong.
    static func streamed(_ result: Result<InferenceAnswer, InferenceFault>, id: String) -> [UInt8] {
        var message = ProtobufWriter()
        switch result {
        case .success(let answer): message.writeElement(2, infer(answer))
        case .failure(let fault):
            message.write(1, fault.text)
            message.write(2) { $0.write(3, id) }
        }
        return message.bytes
    }

    /// `RepositoryIndexResponse`
    static func index(_ models: [(name: String, version: String)]) -> [UInt8] {
        var message = ProtobufWriter()
        for model in models {
            message.write(1) {
                $0.write(1, model.name)
                $0.write(2, model.version)
                $0.write(3, "READY")
            }
        }
        return message.bytes
    }

    /// `ModelStatisticsResponse`
    static func statistics(
        _ models: [(name: String, version: String, counts: ModelStatistics.Counts)]
    ) -> [UInt8] {
        func write(_ duration: ModelStatistics.Duration, _ field: Int, to message: inout ProtobufWriter) {
            message.write(field) {
                $0.write(1, duration.count)
                $0.write(2, duration.nanoseconds)
            }
        }
        var message = ProtobufWriter()
        for (name, version, counts) in models {
            let total = counts.total
            message.write(1) { model in
                model.write(1, name)
                model.write(2, version)
                model.write(3, counts.last)
                model.write(4, counts.inferences)
                model.write(5, counts.executions)
                model.write(6) {
                    let durations = [
                        counts.success, counts.fail, counts.queue, total.input, total.compute, total.output,
                    ]
                    for (place, duration) in durations.enumerated() { write(duration, place + 1, to: &$0) }
                    // There is no cache: cache_hit and cache_miss are there, and empty.
                    for field in [7, 8] { $0.write(field) { _ in } }
                }
                for (size, batch) in counts.batches.sorted(by: { $0.key < $1.key }) {
                    model.write(7) {
                        $0.write(1, size)
                        write(batch.input, 2, to: &$0)
                        write(batch.compute, 3, to: &$0)
                        write(batch.output, 4, to: &$0)
                    }
                }
            }
        }
        return message.bytes
    }
}
