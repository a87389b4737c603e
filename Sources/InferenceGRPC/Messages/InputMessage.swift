import Serving

/// `ModelInferRequest.InferInputTensor`, read.
struct InputMessage {
    private var name = ""
    private var datatype = ""
    private var shape: [Int64] = []
    private var integers: [Int64] = []
    private var floats: [Float] = []
    private var texts: [String] = []
    private var hasContents = false

    /// Reads the message.
    ///
    /// - Throws: an `invalid` fault.
    init(_ bytes: ArraySlice<UInt8>) throws(InferenceFault) {
        var reader = ProtobufReader(bytes)
        while let (field, value) = try reader.next() {
            switch field {
            case 1: name = try value.text()
            case 2: datatype = try value.text()
            case 3: try value.append(to: &shape)
            case 4: try Self.refuse(parameter: try value.bytes(), of: "input '\(name)'")
            case 5: try readContents(try value.bytes())
            default: break
            }
        }
    }

    private mutating func readContents(_ bytes: ArraySlice<UInt8>) throws(InferenceFault) {
        hasContents = true
        var reader = ProtobufReader(bytes)
        while let (field, value) = try reader.next() {
            switch field {
            case 1...5: try value.append(to: &integers)
            case 6: try value.append(to: &floats)
            case 8: texts.append(try value.text())
            default: break
            }
        }
        // uint64_contents may be larger than what numbers are held in.
        if datatype == TensorType.uint64.rawValue, let wrong = integers.first(where: { $0 < 0 }) {
            throw InferenceFault(
                .invalid, "input '\(name)': \(UInt64(bitPattern: wrong)) is too large", hint: "send INT64")
        }
    }

    /// Refuses memory that is shared between processes: ours takes no part in it.
    static func refuse(parameter entry: ArraySlice<UInt8>, of what: String) throws(InferenceFault) {
        var reader = ProtobufReader(entry)
        while let (field, value) = try reader.next(), field == 1 {
            let name = try value.text()
            if ["shared_memory_region", "classification"].contains(name) {
                throw InferenceFault(.invalid, "\(what): this server does not know '\(name)'", hint: "leave it out")
            }
        }
    }

    /// The input as a tensor.
    ///
    /// - Parameter raw: its elements in binary form; nil: they stand in the message.
    /// - Throws: an `invalid` fault.
    func tensor(raw: ArraySlice<UInt8>?) throws(InferenceFault) -> ReceivedTensor {
        let payload: ReceivedTensor.Payload
        if let raw {
            guard !hasContents else {
                throw InferenceFault(
                    .invalid, "input '\(name)' has contents, and raw_input_contents holds it too", hint: "send it once")
            }
            payload = .bytes(raw)
        } else {
            switch TensorType(rawValue: datatype) {
            case .bytes: payload = .values(.texts(texts))
            case .fp16, .bf16, .fp32, .fp64: payload = .values(.floats(floats))
            default: payload = .values(.integers(integers))
            }
        }
        return try ReceivedTensor(
            name: name, datatype: datatype, shape: shape.map { Int($0) }, payload: payload)
    }
}
