import Core
import Foundation
import HTTPTypes
import Hummingbird
import NIOSSL
import Serving
import Stores
import Testing

/// What programs that know the standards say of the server.
@Suite struct OutsideProgramTests {
    /// The package's folder, where Python environments lie.
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    private static let python = "\(root)/.venv/openapi/bin/python"

    static func path(of program: String) -> String? {
        ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"].map { "\($0)/\(program)" }
            .first(where: FileManager.default.isExecutableFile)
    }

    private static func run(_ program: String, _ arguments: [String], input: String = "") throws -> (Int32, String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let (standardInput, output) = (Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    @Test(.enabled(if: path(of: "promtool") != nil, "promtool is not installed (package prometheus)"))
    func promtoolAcceptsTheMetrics() async throws {
        let store = Lists.store()
        try await Lists.publish(to: store)
        let folder = TemporaryFolder()
        try await withServer(store, configure: { $0.events = .init(folder: folder.path) }) { server in
            let event = #"{"kind": "click", "user": "u1", "item": "v1-0"}"#
            _ = try await server.execute("/v1/events", method: .post, body: event)
            for path in ["u1", "nobody", "%zz"] { _ = try await server.execute("/v1/recommendations/\(path)") }
            _ = try await server.execute("/v1/similar/v1-0")
            let metrics = try await server.execute("/metrics")
            #expect(metrics.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            let (status, said) = try Self.run(
                try #require(Self.path(of: "promtool")), ["check", "metrics"], input: metrics.text)
            #expect(status == 0 && said.isEmpty, "promtool says: \(said)")
            let name = "martlet_http_requests_total"
            for line in [
                "\(name){route=\"/v1/recommendations/{user}\",status=\"200\"} 2",
                "\(name){route=\"/v1/recommendations/{user}\",status=\"400\"} 1",
                "martlet_fallbacks_served_total{reason=\"unknown-user\"} 1",
                "martlet_lists_served_total{kind=\"user\"} 1", "martlet_lists_served_total{kind=\"similar\"} 1",
                "martlet_events_accepted_total{kind=\"click\"} 1", "martlet_snapshot_version 1", "martlet_ready 1",
            ] {
                #expect(metrics.text.contains(line + "\n"), "\(line) is missing in \(metrics.text)")
            }
            let bucket = "martlet_http_request_duration_seconds_bucket{route=\"/v1/recommendations/{user}\","
            #expect(metrics.text.contains(bucket + "status=\"200\",le=\"+Inf\"} 2\n"))
        }
    }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: python),
            "there is no .venv/openapi; make it with: scripts/venv openapi"))
    func theOpenAPIDocumentIsValid() async throws {
        try await withServer(Lists.store()) { server in
            let document = try await server.execute("/openapi.json")
            let (status, said) = try Self.run(Self.python, ["-m", "openapi_spec_validator", "-"], input: document.text)
            #expect(status == 0, "openapi-spec-validator says: \(said)")
        }
    }

    @Test func theOpenAPIDocumentNamesEveryPath() async throws {
        try await withServer(Lists.store()) { server in
            let document = try await server.execute("/openapi.json").json
            #expect(document["openapi"] == "3.1.0")
            for path in document["paths"]?.object?.keys.sorted() ?? [] {
                let asked = path.replacing("{user}", with: "u1").replacing("{item}", with: "v1-0")
                    .replacing("{model}", with: "pipeline").replacing("{version}", with: "1")
                let isPost = document["paths"]?[path]?["post"] != nil
                let answer = try await server.execute(asked, method: isPost ? .post : .get, body: isPost ? "{}" : nil)
                #expect(answer.json["type"] != "urn:martlet:problem:unknown-path", "\(path)")
                #expect(!answer.text.contains("there is nothing at this path"), "\(path)")
                #expect(answer.status != 405, "\(path)")
            }
            #expect(document["paths"]?.object?.count == 25)
        }
    }

    @Test(.enabled(if: path(of: "openssl") != nil, "openssl is not installed, which makes the certificate"))
    func connectionsCanBeEncrypted() async throws {
        let folder = TemporaryFolder()
        let (certificate, key) = ("\(folder.path)/server.pem", "\(folder.path)/server.key")
        let (status, said) = try Self.run(
            try #require(Self.path(of: "openssl")),
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", certificate,
                "-keyout", key,
            ])
        try #require(status == 0, "openssl says: \(said)")
        let store = Lists.store()
        try await Lists.publish(to: store)
        var client = TLSConfiguration.makeClientConfiguration()
        client.trustRoots = .file(certificate)
        let files = ServingConfiguration.Certificate(chain: certificate, key: key)
        try await withServer(store, tls: client, configure: { $0.certificate = files }) { server in
            #expect(server.address.url.hasPrefix("https://127.0.0.1:"))
            let answer = try await server.execute("/v1/recommendations/u1")
            #expect(answer.items.count == 12)
        }
        var swapped = ServingConfiguration()
        swapped.certificate = .init(chain: key, key: certificate)
        let error = #expect(throws: MartletError.self) {
            _ = try RecommendationService(configuration: swapped, reader: Lists.reader(store))
        }
        #expect(error?.code == .invalidConfiguration && error?.hint?.contains("PEM") == true)
    }
}
