import Core
import FoundationEssentials
import NIOCore

/// The JSON part of an inference request's body:
/// `{"id": "1", "inputs": [{"name": "user_id", "datatype": "BYTES", "shape": [1, 1], "data": ["23"]}]}`.
struct InferenceBody: Decodable {
    var id: String?
    var parameters: [String: JSONValue]?
    var inputs: [Input]
    var outputs: [Output]?

    struct Output: Decodable {
        var name: String
        var parameters: [String: JSONValue]?
    }

    struct Input: Decodable {
        var name: String
        var datatype: String
        var shape: [Int]
        var parameters: [String: JSONValue]?
        var data: InferenceTensor.Contents?

        private enum Key: String, CodingKey { case name, datatype, shape, parameters, data }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            name = try container.decode(String.self, forKey: .name)
            datatype = try container.decode(String.self, forKey: .datatype)
            shape = try container.decode([Int].self, forKey: .shape)
            parameters = try container.decodeIfPresent([String: JSONValue].self, forKey: .parameters)
            guard container.contains(.data) else { return }
            switch TensorType(rawValue: datatype) {
            case .bytes: data = .texts(try Self.elements(container))
            case .fp16, .bf16, .fp32, .fp64: data = .floats(try Self.elements(container))
            case .bool:
                let values: [Bool] = try Self.elements(container)
                data = .integers(values.map { $0 ? 1 : 0 })
            default: data = .integers(try Self.elements(container))
            }
        }

        /// The elements of `data`, which may be nested as the shape is.
        private static func elements<Element: Decodable>(
            _ container: KeyedDecodingContainer<Key>
        ) throws -> [Element] {
            if let flat = try? container.decode([Element].self, forKey: .data) { return flat }
            var nested = try container.nestedUnkeyedContainer(forKey: .data)
            var elements: [Element] = []
            try append(&nested, to: &elements, depth: 0)
            return elements
        }

        private static func append<Element: Decodable>(
            _ container: inout any UnkeyedDecodingContainer, to elements: inout [Element], depth: Int
        ) throws {
            while !container.isAtEnd {
                guard depth < 16, var inner = try? container.nestedUnkeyedContainer() else {
                    elements.append(try element(&container))
                    continue
                }
                try append(&inner, to: &elements, depth: depth + 1)
            }
        }

        /// The next element. The platform's decoder takes a number that does not fit for a fault of the whole document, and
        /// forgets where it stands.
        private static func element<Element: Decodable>(
            _ container: inout any UnkeyedDecodingContainer
        ) throws -> Element {
            let place = container.codingPath + [ElementKey(container.currentIndex)]
            do {
                return try container.decode(Element.self)
            } catch {
                throw DecodingError.typeMismatch(
                    Element.self, DecodingError.Context(codingPath: place, debugDescription: "does not fit"))
            }
        }

        private struct ElementKey: CodingKey {
            var intValue: Int?
            var stringValue: String { "\(intValue ?? 0)" }
            init(_ place: Int) { intValue = place }
            init?(intValue: Int) { self.intValue = intValue }
            init?(stringValue: String) { nil }
        }
    }

    /// Reads a body: the JSON part, and behind it the inputs in binary form.
    ///
    /// - Parameter jsonBytes: how long the JSON part is, as the header `Inference-Header-Content-Length` tells; nil: all.
    /// - Throws: an ``InferenceFault`` that says what is wrong.
    static func request(
        _ body: ByteBuffer, jsonBytes: String?, model: String, version: String?
    ) throws(InferenceFault) -> InferenceRequest {
        var length = body.readableBytes
        if let jsonBytes {
            guard let told = Int(jsonBytes), told >= 0, told <= length else {
                throw InferenceFault(
                    .invalid,
                    "the header Inference-Header-Content-Length is '\(jsonBytes.prefix(40))', the body has \(length) bytes",
                    hint: "tell how many bytes of the body are JSON")
            }
            length = told
        }
        let view = body.readableBytesView
        let read = try decode(Data(view.prefix(length)))
        let json = body.getSlice(at: body.readerIndex, length: length) ?? ByteBuffer()
        if let comma = TrailingComma.position(in: json.readableBytesView) {
            throw InferenceFault(
                .invalid, "the body is not valid JSON: nothing follows the comma at byte \(comma + 1)", hint: example)
        }
        var rest = ArraySlice(view.dropFirst(length))
        var tensors: [ReceivedTensor] = []
        for input in read.inputs { tensors.append(try input.tensor(&rest)) }
        guard rest.isEmpty else {
            throw InferenceFault(
                .invalid, "\(rest.count) bytes follow the inputs in binary form",
                hint: "give each of them its size: \"parameters\": {\"binary_data_size\": 8}")
        }
        let standard = read.parameters?["binary_data_output"]?.bool ?? false
        return InferenceRequest(
            model: model, version: version, id: read.id ?? "", inputs: tensors,
            outputs: try read.wishes(standard), isBinary: standard)
    }

    private static let example =
        "send {\"inputs\": [{\"name\": \"user_id\", \"datatype\": \"BYTES\", \"shape\": [1, 1], \"data\": [\"23\"]}]}"

    private static func decode(_ json: Data) throws(InferenceFault) -> InferenceBody {
        do {
            return try JSONDecoder().decode(Self.self, from: json)
        } catch let error as DecodingError {
            throw InferenceFault(.invalid, BatchQuery.problem(of: error).detail, hint: example)
        } catch {
            throw InferenceFault(.invalid, "the body is not valid JSON", hint: example)
        }
    }

    private func wishes(_ standard: Bool) throws(InferenceFault) -> [InferenceRequest.Output] {
        var wishes: [InferenceRequest.Output] = []
        for output in outputs ?? [] {
            for name in ["classification", "shared_memory_region"] where output.parameters?[name] != nil {
                throw InferenceFault(
                    .invalid, "output '\(output.name)': this server does not know '\(name)'", hint: "leave it out")
            }
            wishes.append(
                .init(name: output.name, isBinary: output.parameters?["binary_data"]?.bool ?? standard))
        }
        return wishes
    }
}

extension InferenceBody.Input {
    /// The input as a tensor; what it has in binary form is taken off `rest`.
    fileprivate func tensor(_ rest: inout ArraySlice<UInt8>) throws(InferenceFault) -> ReceivedTensor {
        if parameters?["shared_memory_region"] != nil {
            throw InferenceFault(
                .invalid, "input '\(name)': this server shares no memory", hint: "send the elements in the body")
        }
        guard let size = parameters?["binary_data_size"] else {
            guard let data else {
                throw InferenceFault(
                    .invalid, "input '\(name)' has neither 'data' nor a 'binary_data_size'",
                    hint: "send its elements: \"data\": […]")
            }
            return try ReceivedTensor(name: name, datatype: datatype, shape: shape, payload: .values(data))
        }
        guard data == nil, let size = size.integer, size >= 0, size <= rest.count else {
            throw InferenceFault(
                .invalid,
                data != nil
                    ? "input '\(name)' has both 'data' and a 'binary_data_size'"
                    : "input '\(name)': binary_data_size is \(size), \(rest.count) bytes are left of the body",
                hint: "the sizes of all inputs in binary form add up to what follows the JSON part")
        }
        defer { rest = rest.dropFirst(size) }
        return try ReceivedTensor(name: name, datatype: datatype, shape: shape, payload: .bytes(rest.prefix(size)))
    }
}
