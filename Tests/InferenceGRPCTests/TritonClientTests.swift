import Core
import Dispatch
import Foundation
import InferenceGRPC
import Serving
import Stores
import Testing

/// What Triton's own clients say of the server, over HTTP and gRPC.
@Suite(.serialized) struct TritonClientTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    private static let python = "\(root)/.venv/triton/bin/python"

    /// Runs the clients on a thread of their own: the server under test needs those that tasks run on.
    private static func compare(_ server: RunningServer, users: [String]) async throws -> JSONValue {
        let grpcPort = try #require(server.address.grpcPort)
        let ended: Ended = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "compare-triton").async {
                continuation.resume(
                    with: Result { try wait(port: server.address.port, grpcPort: grpcPort, users: users) })
            }
        }
        try #require(ended.status == 0, "compare-triton says: \(ended.said)")
        return try JSONValue(parsing: ended.text)
    }

    private struct Ended: Sendable {
        var status: Int32
        var text: String
        var said: String
    }

    private static func wait(port: Int, grpcPort: Int, users: [String]) throws -> Ended {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [
            "\(root)/scripts/compare-triton", "127.0.0.1:\(port)", "127.0.0.1:\(grpcPort)",
            users.joined(separator: ","),
        ]
        let (output, errors) = (Pipe(), FileManager.default.temporaryDirectory.path + "/triton-\(port)")
        _ = FileManager.default.createFile(atPath: errors, contents: nil)
        defer { try? FileManager.default.removeItem(atPath: errors) }
        process.standardOutput = output
        process.standardError = FileHandle(forWritingAtPath: errors)
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let said = String(decoding: FileManager.default.contents(atPath: errors) ?? Data(), as: UTF8.self)
        return Ended(status: process.terminationStatus, text: text, said: said)
    }

    /// A shop whose ids are numbers, as in the request that the reference system shows, and one whose ids are texts.
    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: python),
            "there is no .venv/triton; make it with: scripts/venv triton"), arguments: [true, false])
    func theirAnswersAreREST(isNumeric: Bool) async throws {
        let shop =
            try isNumeric
            ? SmallShop {
                ["new0": "1000", "new1": "1001", "idle": "1002", "quiet": "99"][$0] ?? String($0.dropFirst())
            }
            : SmallShop.shared.get()
        let store = Lists.store()
        try await Lists.publish(to: store)
        let options = PipelineOptions(
            configuration: try SmallShop.configuration("{category: kind, deadline-ms: 60000}"), bundles: shop.bundles)
        try await withServer(
            store, pipeline: options, frontEnds: [GRPCFrontEnd()],
            configure: { $0.grpc = Self.freePort }
        ) { server in
            let users = isNumeric ? ["23", "4", "7"] : ["u23", "u4", "stranger"]
            let compared = try await Self.compare(server, users: users)
            #expect(compared["models"]?.array?.count == 6)
            #expect(compared["lists"]?.integer ?? 0 >= 2 * 50 && compared["refusals"]?.integer ?? 0 >= 2 * 24)
            #expect(compared["scores"]?.integer ?? 0 >= 2 * 36)
            let metrics = try await server.execute("/metrics").text
            #expect(metrics.contains(#"route="/v2/models/{model}/infer",status="200""#))
            #expect(server.lines.all.allSatisfy { !$0.contains("\"level\":\"error\"") }, "\(server.lines.all)")
        }
    }

    static var freePort: ServingConfiguration.GRPC {
        var grpc = ServingConfiguration.GRPC()
        grpc.port = 0
        return grpc
    }
}
