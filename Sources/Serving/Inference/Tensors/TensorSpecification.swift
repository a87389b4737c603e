import Core

/// What a model takes or gives under one name.
package struct TensorSpecification: Sendable, Equatable {
    package var name: String
    /// The type that descriptions of the model name.
    package var type: TensorType
    /// The lengths behind the first, which is that of the batch; −1: any.
    package var dimensions: [Int]
    /// The types that requests may use.
    package var accepted: Set<TensorType>
    /// Whether requests may do without.
    package var isOptional = false

    init(
        _ name: String, _ type: TensorType, _ dimensions: [Int], accepted: Set<TensorType>? = nil,
        isOptional: Bool = false
    ) {
        self.name = name
        self.type = type
        self.dimensions = dimensions
        self.accepted = accepted ?? [type]
        self.isOptional = isOptional
    }

    /// The shape with the batch in front, as a model's metadata tells it.
    package var shape: [Int] { [-1] + dimensions }

    /// Checks a tensor's type and shape.
    ///
    /// - Returns: the length of its batch.
    /// - Throws: an `invalid` fault.
    func check(_ tensor: ReceivedTensor, mostRows: Int) throws(InferenceFault) -> Int {
        guard accepted.contains(tensor.type) else {
            let names = accepted.map(\.rawValue).sorted().joined(separator: ", ")
            throw InferenceFault(
                .invalid, "input '\(name)': found \(tensor.type.rawValue), expected \(type.rawValue)",
                hint: "the input takes \(names)")
        }
        let fits =
            tensor.shape.count == dimensions.count + 1
            && zip(tensor.shape.dropFirst(), dimensions).allSatisfy { $1 < 0 || $0 == $1 }
        guard fits else {
            throw InferenceFault(
                .invalid, "input '\(name)': the shape is \(tensor.shape), expected \(shape)",
                hint: "the first length is that of the batch; −1 stands for any")
        }
        guard (1...mostRows).contains(tensor.shape[0]) else {
            throw InferenceFault(
                .invalid, "input '\(name)': a batch of \(tensor.shape[0]), expected 1…\(mostRows)",
                hint: "split the batch over several requests")
        }
        return tensor.shape[0]
    }
}
