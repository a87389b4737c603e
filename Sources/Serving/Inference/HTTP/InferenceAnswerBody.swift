import Core
import HTTPTypes
import Hummingbird
import NIOCore

extension InferenceAnswer {
    /// The answer as a response: JSON, and behind it the outputs that were wanted in binary form.
    func response(_ request: InferenceRequest) -> Response {
        var text = "{\"model_name\":"
        JSONValue.quote(model, to: &text)
        text += ",\"model_version\":\"\(version)\""
        if !id.isEmpty {
            text += ",\"id\":"
            JSONValue.quote(id, to: &text)
        }
        text += ",\"outputs\":["
        var binary: [UInt8] = []
        for (place, output) in outputs.enumerated() {
            if place > 0 { text += "," }
            text += "{\"name\":\"\(output.name)\",\"datatype\":\"\(output.type.rawValue)\",\"shape\":"
            text += "[\(output.shape.map(String.init).joined(separator: ","))]"
            if request.outputs.isEmpty ? request.isBinary : request.outputs[place].isBinary {
                let bytes = output.bytes
                text += ",\"parameters\":{\"binary_data_size\":\(bytes.count)}}"
                binary += bytes
            } else {
                text += ",\"data\":["
                output.contents.write(to: &text)
                text += "]}"
            }
        }
        text += "]}"
        var headers: HTTPFields = [.contentType: "application/json"]
        var buffer = ByteBuffer(string: text)
        if !binary.isEmpty {
            headers[.contentType] = "application/octet-stream"
            headers[.inferenceHeaderLength] = String(buffer.readableBytes)
            buffer.writeBytes(binary)
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: buffer))
    }
}

extension InferenceTensor.Contents {
    /// Appends the elements as JSON, parted by commas; `null` for what is not finite.
    func write(to text: inout String) {
        switch self {
        case .integers(let values): text += values.lazy.map(String.init).joined(separator: ",")
        case .floats(let values): text += values.lazy.map { $0.isFinite ? "\($0)" : "null" }.joined(separator: ",")
        case .texts(let values):
            for (place, value) in values.enumerated() {
                if place > 0 { text += "," }
                JSONValue.quote(value, to: &text)
            }
        }
    }
}

extension HTTPField.Name {
    static let inferenceHeaderLength = HTTPField.Name("Inference-Header-Content-Length")!
}
