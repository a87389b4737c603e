import Core
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Serving
import Stores
import Testing

/// Requests by the Open Inference Protocol as they stand on the wire, good and bad.
@Suite struct InferenceRequestTests {
    private static let headerLength = HTTPField.Name("Inference-Header-Content-Length")!
    private static let infer = "/v2/models/recommendations/infer"

    /// A server over the small shop.
    private static func withModels(
        configure: (inout ServingConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (RunningServer) async throws -> Void
    ) async throws {
        let shop = try SmallShop.shared.get()
        let store = Lists.store()
        try await Lists.publish(to: store)
        let options = PipelineOptions(
            configuration: try SmallShop.configuration("{category: kind, deadline-ms: 60000}"), bundles: shop.bundles)
        try await withServer(store, pipeline: options, configure: configure, body)
    }

    private static func post(
        _ server: RunningServer, _ body: [UInt8], path: String = infer, json: Int? = nil
    ) async throws -> (status: Int, headers: HTTPFields, body: [UInt8]) {
        try await TestClient.withClient(host: server.address.host, port: server.address.port) { client in
            let response = try await client.execute(
                .init(
                    path, method: .post, headers: json.map { [headerLength: String($0)] } ?? [:],
                    body: ByteBuffer(bytes: body)))
            return (
                response.status.code, response.headers,
                response.body.map { Array($0.readableBytesView) } ?? []
            )
        }
    }

    @Test func aModelIsDescribed() async throws {
        try await Self.withModels { server in
            #expect(try await server.execute("/v2/health/live").status == 200)
            #expect(try await server.execute("/v2/health/ready").status == 200)
            let about = try await server.execute("/v2").json
            #expect(about["name"] == "martlet" && about["extensions"]?.array?.contains("binary_tensor_data") == true)
            let index = try await server.execute("/v2/repository/index", method: .post, body: "{}").json
            #expect(
                index.array?.map { $0["name"] } == [
                    "recommendations", "executor_model", "two-tower-user", "two-tower-item", "two-tower-index", "dlrm",
                ])
            let model = try await server.execute("/v2/models/dlrm/versions/1").json
            #expect(model["platform"] == "martlet_dlrm" && model["versions"] == ["1"])
            #expect(
                model["inputs"] == [
                    ["name": "user_id", "datatype": "BYTES", "shape": [-1, 1]],
                    ["name": "item_ids", "datatype": "BYTES", "shape": [-1, -1]],
                ])
            let config = try await server.execute("/v2/models/recommendations/config").json
            #expect(config["max_batch_size"] == 16 && config["input"]?.array?[1]["optional"] == true)
            #expect(try await server.execute("/v2/models/dlrm/ready").status == 200)
        }
    }

    /// The smallest request, nested as its shape is, and the same in binary form, with the answer's bytes read by hand.
    @Test func textAndBinaryFormSayTheSame() async throws {
        try await Self.withModels { server in
            let text =
                #"{"id": "x\"y", "inputs": [{"name": "user_id", "datatype": "BYTES", "shape": [1, 1], "data": [["u6"]]},"#
                + #"{"name": "k", "datatype": "INT32", "shape": [1, 1], "data": [3]}]}"#
            let answer = try await server.execute(Self.infer, method: .post, body: text)
            #expect(answer.status == 200 && answer.json["id"] == "x\"y" && answer.json["model_version"] == "1")
            let data = answer.json["outputs"]?.array?.first?["data"]?.array ?? []
            let ids = data.compactMap(\.string)
            let list = try await server.execute(
                "/v1/recommendations", method: .post, body: #"{"user": "u6", "k": 3}"#)
            #expect(ids.count == 3 && ids == list.items)
            let json =
                #"{"inputs":[{"name":"user_id","datatype":"BYTES","shape":[1,1],"parameters":{"binary_data_size":6}},"#
                + #"{"name":"k","datatype":"INT64","shape":[1,1],"parameters":{"binary_data_size":8}}],"#
                + #""outputs":[{"name":"count"},{"name":"item_ids","parameters":{"binary_data":true}}]}"#
            let bytes = Array(json.utf8) + [2, 0, 0, 0] + Array("u6".utf8) + [3, 0, 0, 0, 0, 0, 0, 0]
            let binary = try await Self.post(server, bytes, json: json.utf8.count)
            let told = binary.headers[Self.headerLength] ?? ""
            let length = try #require(Int(told))
            #expect(binary.status == 200 && binary.headers[.contentType] == "application/octet-stream")
            let head = try JSONValue(parsing: String(decoding: binary.body.prefix(length), as: UTF8.self))
            #expect(head["outputs"]?.array?.map { $0["name"] } == ["count", "item_ids"])
            #expect(head["outputs"]?.array?.first?["data"] == [3])
            let expected = ids.flatMap { id -> [UInt8] in [UInt8(id.utf8.count), 0, 0, 0] + Array(id.utf8) }
            #expect(Array(binary.body.dropFirst(length)) == expected)
            let size = head["outputs"]?.array?[1]["parameters"]?["binary_data_size"]?.integer
            #expect(size == expected.count)
        }
    }

    @Test(arguments: [
        ("", "not valid JSON"), ("{", "not valid JSON"), ("[]", "must be an object"), ("{}", "'inputs' is missing"),
        (#"{"inputs": []}"#, "input 'user_id' is missing"),
        (#"{"inputs": [{"name": "user_id", "datatype": "BYTES", "shape": [1, 1]}]}"#, "neither 'data'"),
        (#"{"inputs": [{"name": "user_id", "datatype": "TEXT", "shape": [1, 1], "data": []}]}"#, "no datatype 'TEXT'"),
        (
            #"{"inputs": [{"name": "user_id", "datatype": "BYTES", "shape": [1, 1], "data": [["a", "b"]]}]}"#,
            "2 elements"
        ),
        (#"{"inputs": [{"name": "user_id", "datatype": "BYTES", "shape": [1, 1], "data": [7]}]}"#, "must be text"),
        (#"{"inputs": [{"name": "user_id", "datatype": "BYTES", "shape": [-1, 1], "data": []}]}"#, "no shape"),
        (
            #"{"inputs": [{"name": "user_id", "datatype": "BYTES", "shape": [9223372036854775807, 9], "data": ["a"]}]}"#,
            "no shape"
        ),
        (#"{"inputs": [{"name": "user_id", "datatype": "BYTES", "shape": [0, 1], "data": []}]}"#, "a batch of 0"),
        (
            #"{"inputs": [{"name": "user_id", "datatype": "INT64", "shape": [1, 1], "data": [1.5]}]}"#,
            "'inputs.[0].data.[0]' must be a whole number"
        ),
        (#"{"inputs": [{"name": "user_id", "datatype": "FP32", "shape": [1, 1], "data": [NaN]}]}"#, "not valid JSON"),
        (#"{"inputs": [{"name": "user_id", "datatype": "BYTES", "shape": [1, 1], "data": ["a"]},]}"#, "comma"),
        (
            #"{"inputs": [{"name": "user_id", "datatype": "BYTES", "shape": [1, 1], "data": ["a"], "parameters": {"binary_data_size": 4}}]}"#,
            "both 'data'"
        ),
        (
            #"{"inputs": [{"name": "user_id", "datatype": "BYTES", "shape": [1, 1], "parameters": {"binary_data_size": 4}}]}"#,
            "0 bytes are left"
        ),
        (
            #"{"inputs": [{"name": "user_id", "datatype": "BYTES", "shape": [1, 1], "parameters": {"shared_memory_region": "r"}}]}"#,
            "shares no memory"
        ),
        (
            #"{"inputs": [{"name": "user_id", "datatype": "BYTES", "shape": [1, 1], "data": ["a"]}], "outputs": [{"name": "scores", "parameters": {"classification": 2}}]}"#,
            "'classification'"
        ),
        (
            #"{"inputs": [{"name": "user_id", "datatype": "BYTES", "shape": [1, 1], "data": [[[[[[[[[[[[[[[[[[[["a"]]]]]]]]]]]]]]]]]]]]}]}"#,
            "'inputs"
        ),
    ])
    func aBadBodyIsExplained(body: String, words: String) async throws {
        try await Self.withModels { server in
            let answer = try await server.execute(Self.infer, method: .post, body: body)
            #expect(answer.status == 400 && answer.headers[.contentType] == "application/json", "\(answer.text)")
            #expect(answer.json.object?.count == 1)
            #expect(answer.json["error"]?.string?.contains(words) == true, "\(words) is missing in \(answer.text)")
        }
    }

    /// Every way in which what follows the JSON part can be too short, too long or torn.
    @Test func tornBinaryFormsAreRefused() async throws {
        func json(_ datatype: String, _ size: Int, _ name: String = "user_id") -> String {
            "{\"inputs\":[{\"name\":\"\(name)\",\"datatype\":\"\(datatype)\",\"shape\":[1,1],"
                + "\"parameters\":{\"binary_data_size\":\(size)}}]}"
        }
        let cases: [(String, [UInt8], Int?, String)] = [
            (json("BYTES", 6), [2, 0, 0, 0, 97], nil, "bytes are left"),
            (json("BYTES", 5), [2, 0, 0, 0, 97], nil, "element 0 is cut off"),
            (json("BYTES", 3), [2, 0, 0], nil, "element 0 is cut off"),
            (json("BYTES", 5), [0xFF, 0xFF, 0xFF, 0xFF, 97], nil, "element 0 is cut off"),
            (json("BYTES", 5), [1, 0, 0, 0, 97, 98], nil, "1 bytes follow"),
            (json("BYTES", 10), [1, 0, 0, 0, 97, 1, 0, 0, 0, 98], nil, "2 elements"),
            (json("BYTES", 0), [], nil, "0 elements"),
            (json("BYTES", 5), [1, 0, 0, 0, 0xFF], nil, "no UTF-8"),
            (json("INT64", 4), [1, 0, 0, 0], nil, "4 bytes for 1 elements of INT64, expected 8"),
            (json("UINT64", 8), [UInt8](repeating: 0xFF, count: 8), nil, "too large"),
            (json("BYTES", -1), [], nil, "binary_data_size is -1"),
            (json("BYTES", 5), [1, 0, 0, 0, 97], 100_000, "Inference-Header-Content-Length"),
            (json("BYTES", 5), [1, 0, 0, 0, 97], -3, "Inference-Header-Content-Length"),
            (json("BYTES", 5), [1, 0, 0, 0, 97], 10, "not valid JSON"),
        ]
        try await Self.withModels { server in
            for (text, bytes, length, words) in cases {
                let answer = try await Self.post(server, Array(text.utf8) + bytes, json: length ?? text.utf8.count)
                let said = String(decoding: answer.body, as: UTF8.self)
                #expect(answer.status == 400 && said.hasPrefix("{\"error\":"), "\(said)")
                #expect(said.contains(words), "\(words) is missing in \(said)")
            }
            #expect(try await server.execute("/v2/health/ready").status == 200)
        }
    }

    @Test func pathsMethodsAndSizesAreChecked() async throws {
        try await Self.withModels(configure: { $0.limits.bodyBytes = 100_000 }) { server in
            for (path, status) in [
                ("/v2/nothing", 404), ("/v2/models/nobody", 404), ("/v2/models/dlrm/versions/7", 404),
                ("/v2/models/dlrm/versions/seven/config", 404), ("/v2/models/dlrm/nothing", 404),
                ("/v2/models/%zz", 400), ("/v2/models/dlrm/infer", 405), ("/v2/repository/index", 405),
                ("/v2/models", 404), ("/v2/models/nobody/ready", 404),
            ] {
                let answer = try await server.execute(path)
                #expect(answer.status == status && answer.json["error"]?.string != nil, "\(path): \(answer.text)")
            }
            #expect(try await server.execute("/v2/models/dlrm", method: .post).status == 405)
            #expect(try await server.execute("/v2beta").json["type"] == "urn:martlet:problem:unknown-path")
            let large = try await Self.post(server, [UInt8](repeating: 32, count: 200_000))
            #expect(large.status == 413)
            #expect(String(decoding: large.body, as: UTF8.self).hasPrefix("{\"error\":\"the body is larger"))
        }
    }

    @Test func aProjectWithoutAPipelineSaysSo() async throws {
        let store = Lists.store()
        try await Lists.publish(to: store)
        try await withServer(store) { server in
            #expect(try await server.execute("/v2/health/live").status == 200)
            #expect(try await server.execute("/v2/health/ready").status == 503)
            let answer = try await server.execute("/v2/models/recommendations")
            #expect(answer.status == 404 && answer.text.contains("pipeline: {}"))
            #expect(try await server.execute("/v2/repository/index", method: .post).json == [])
        }
    }

    @Test func keysAreAskedFor() async throws {
        let keys = ["KEYS": "0123456789abcdef"]
        let store = Lists.store()
        try await withServer(store, environment: keys, configure: { $0.keyVariables = ["KEYS"] }) { server in
            let refused = try await server.execute("/v2")
            #expect(refused.status == 401 && refused.json["error"]?.string?.contains("API key") == true)
            let header = HTTPField.Name("X-API-Key")!
            #expect(try await server.execute("/v2", headers: [header: "0123456789abcdef"]).status == 200)
            #expect(try await server.execute("/v2/health/live").status == 200)
        }
    }
}
