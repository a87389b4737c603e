import Core
import Tensor

/// A computation in the ONNX format, so that onnxruntime, Triton and others run it.
///
/// The first dimension of every input is `batch` and may be any. Weights lie inside the file. Names of values are those
/// that the operators return; source: "Open Neural Network Exchange Intermediate Representation Specification", opset
/// 17.
package struct ONNXGraph {
    /// The element types of inputs and outputs, by ONNX's numbers.
    package enum Element: Int64, Sendable {
        case float = 1
        case int64 = 7
    }

    /// A dimension: so many, or any number under a name.
    package enum Dimension: Sendable {
        case fixed(Int)
        case any(String)
    }

    /// An operator's parameter.
    enum Attribute {
        case integer(Int64)
        case integers([Int64])
        case real(Float)
    }

    private let name: String
    private var nodes: [[UInt8]] = []
    private var initializers: [[UInt8]] = []
    private var inputs: [[UInt8]] = []
    private var outputs: [[UInt8]] = []
    private var initializerNames: Set<String> = []
    /// The names of the inputs, in order.
    package private(set) var inputNames: [String] = []

    /// Makes a graph without anything in it.
    package init(_ name: String) { self.name = name }

    /// Declares an input.
    package mutating func input(_ name: String, _ element: Element, _ shape: [Dimension]) -> String {
        inputs.append(Self.value(name, element, shape))
        inputNames.append(name)
        return name
    }

    /// Declares that a value is an output under another name.
    package mutating func output(_ value: String, as name: String, _ shape: [Dimension]) {
        add("Identity", [value], name: name)
        outputs.append(Self.value(name, .float, shape))
    }

    /// Adds weights; a name that was added already is used again.
    mutating func constant(_ name: String, _ matrix: Matrix) -> String {
        constant(name, shape: [matrix.rows, matrix.columns], Array(matrix.values))
    }

    /// Adds reals.
    mutating func constant(_ name: String, shape: [Int], _ values: [Float]) -> String {
        // Inputs have the names of the tables that they are looked up in.
        let name = "weights." + name
        guard initializerNames.insert(name).inserted else { return name }
        precondition(shape.reduce(1, *) == values.count, "\(name): \(shape) does not hold \(values.count) values")
        initializers.append(
            Self.tensor(name, .float, shape: shape, values.withUnsafeBytes { Array($0) }))
        return name
    }

    /// Adds whole numbers.
    mutating func constant(_ name: String, _ values: [Int64]) -> String {
        let name = "weights." + name
        guard initializerNames.insert(name).inserted else { return name }
        initializers.append(
            Self.tensor(name, .int64, shape: [values.count], values.withUnsafeBytes { Array($0) }))
        return name
    }

    /// Adds an operator and returns the name of its output.
    @discardableResult
    mutating func add(
        _ operation: String, _ inputs: [String], _ attributes: [String: Attribute] = [:], name: String? = nil
    ) -> String {
        let output = name ?? "\(operation.lowercased())_\(nodes.count)"
        var node = ProtobufWriter()
        for input in inputs { node.text(1, input) }
        node.text(2, output)
        node.text(3, "\(operation)_\(nodes.count)")
        node.text(4, operation)
        for (key, value) in attributes.sorted(by: { $0.key < $1.key }) {
            node.message(5) { attribute in
                attribute.text(1, key)
                switch value {
                case .real(let number):
                    attribute.real(2, number)
                    attribute.integer(20, 1)
                case .integer(let number):
                    attribute.integer(3, number)
                    attribute.integer(20, 2)
                case .integers(let numbers):
                    for number in numbers { attribute.integer(8, number) }
                    attribute.integer(20, 7)
                }
            }
        }
        nodes.append(node.bytes)
        return output
    }

    /// The model as a file holds it.
    ///
    /// - Throws: `invalidData` if it is larger than the 2 GiB that a protocol buffer may have.
    package func bytes(metadata: [String: String] = [:]) throws -> [UInt8] {
        let size = initializers.reduce(0) { $0 + $1.count }
        guard size < 1 << 31 - 1 << 20 else {
            throw MartletError(
                .invalidData, "the model has \(size) bytes of weights, and an ONNX file holds less than 2 GiB",
                hint: "train with a smaller 'dimension', or leave items and users out by 'min-interactions'")
        }
        var model = ProtobufWriter()
        model.integer(1, 8)
        model.text(2, "martlet")
        model.message(7) { graph in
            for node in nodes { graph.data(1, node) }
            graph.text(2, name)
            for tensor in initializers { graph.data(5, tensor) }
            for input in inputs { graph.data(11, input) }
            for output in outputs { graph.data(12, output) }
        }
        model.message(8) { opset in
            opset.text(1, "")
            opset.integer(2, 17)
        }
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            model.message(14) { entry in
                entry.text(1, key)
                entry.text(2, value)
            }
        }
        return model.bytes
    }

    private static func tensor(_ name: String, _ element: Element, shape: [Int], _ raw: [UInt8]) -> [UInt8] {
        var tensor = ProtobufWriter()
        for length in shape { tensor.integer(1, Int64(length)) }
        tensor.integer(2, element.rawValue)
        tensor.text(8, name)
        tensor.data(9, raw)
        return tensor.bytes
    }

    private static func value(_ name: String, _ element: Element, _ shape: [Dimension]) -> [UInt8] {
        var value = ProtobufWriter()
        value.text(1, name)
        value.message(2) { type in
            type.message(1) { tensor in
                tensor.integer(1, element.rawValue)
                tensor.message(2) { dimensions in
                    for dimension in shape {
                        dimensions.message(1) {
                            switch dimension {
                            case .fixed(let length): $0.integer(1, Int64(length))
                            case .any(let name): $0.text(2, name)
                            }
                        }
                    }
                }
            }
        }
        return value.bytes
    }
}
