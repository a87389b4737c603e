/// Something that answers inference requests: a model, or the whole pipeline.
protocol InferenceModel: Sendable {
    var specification: ModelSpecification { get }

    /// Computes all outputs for inputs that fit the specification.
    ///
    /// - Throws: an ``InferenceFault`` for values that make no sense, and what the models throw.
    func infer(_ inputs: InferenceInputs) async throws -> InferenceResult
}

/// The inputs of a request, whose types and shapes fit the model.
struct InferenceInputs: Sendable {
    /// The length of the batch.
    var rows: Int
    var tensors: [String: ReceivedTensor]

    /// The input of this name, which the specification says is there.
    func required(_ name: String) -> ReceivedTensor {
        guard let tensor = tensors[name] else { preconditionFailure("'\(name)' was checked to be there") }
        return tensor
    }

    /// A number for each row under `name`; nil if the request does without.
    ///
    /// - Throws: an `invalid` fault for one outside `range`.
    func numbers(_ name: String, in range: ClosedRange<Int>, hint: String) throws(InferenceFault) -> [Int]? {
        guard let tensor = tensors[name] else { return nil }
        let values = try tensor.integers()
        if let wrong = values.first(where: { $0 < range.lowerBound || $0 > range.upperBound }) {
            throw InferenceFault(
                .invalid, "input '\(name)': must lie in \(range.lowerBound)…\(range.upperBound), found \(wrong)",
                hint: hint)
        }
        return values.map { Int($0) }
    }

    /// Ids under `name`, none of them empty.
    func ids(_ name: String) throws(InferenceFault) -> [String] {
        let ids = try required(name).texts()
        if ids.contains(where: \.isEmpty) {
            throw InferenceFault(
                .invalid, "input '\(name)' holds an empty id", hint: "send ids as the shop writes them")
        }
        return ids
    }
}

/// What a model computed.
struct InferenceResult: Sendable {
    var outputs: [InferenceTensor]
    /// How long it computed, if it waited besides; in nanoseconds.
    var computeNanoseconds: Int?
}
