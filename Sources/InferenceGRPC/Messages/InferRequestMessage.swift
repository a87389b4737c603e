import Serving

/// `ModelInferRequest`, read.
package struct InferRequestMessage {
    private var model = ""
    private var version = ""
    /// What the caller names the request by.
    private(set) var id = ""
    private var inputs: [InputMessage] = []
    private var outputs: [String] = []
    private var raw: [ArraySlice<UInt8>] = []

    /// Reads the message.
    ///
    /// - Throws: an `invalid` fault.
    package init(_ bytes: [UInt8]) throws(InferenceFault) {
        var reader = ProtobufReader(bytes[...])
        while let (field, value) = try reader.next() {
            switch field {
            case 1: model = try value.text()
            case 2: version = try value.text()
            case 3: id = try value.text()
            case 5: inputs.append(try InputMessage(try value.bytes()))
            case 6: outputs.append(try Self.outputName(try value.bytes()))
            case 7: raw.append(try value.bytes())
            default: break
            }
        }
    }

    private static func outputName(_ bytes: ArraySlice<UInt8>) throws(InferenceFault) -> String {
        var reader = ProtobufReader(bytes)
        var name = ""
        while let (field, value) = try reader.next() {
            if field == 1 { name = try value.text() }
            if field == 2 { try InputMessage.refuse(parameter: try value.bytes(), of: "output '\(name)'") }
        }
        return name
    }

    /// The request. Elements stand either all in `raw_input_contents` or all in the inputs' own `contents`.
    ///
    /// - Throws: an `invalid` fault.
    package func request() throws(InferenceFault) -> InferenceRequest {
        guard raw.isEmpty || raw.count == inputs.count else {
            throw InferenceFault(
                .invalid, "raw_input_contents holds \(raw.count) tensors, the request names \(inputs.count) inputs",
                hint: "put each input's elements there, in the order of the inputs, or none")
        }
        var tensors: [ReceivedTensor] = []
        for (place, input) in inputs.enumerated() {
            tensors.append(try input.tensor(raw: raw.isEmpty ? nil : raw[place]))
        }
        return InferenceRequest(
            model: model, version: version, id: id, inputs: tensors,
            outputs: outputs.map { .init(name: $0, isBinary: true) }, isBinary: true)
    }
}
