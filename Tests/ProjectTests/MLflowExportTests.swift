import Core
import Flow
import Foundation
import Project
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Trainings told to a real MLflow server, and read back by MLflow's own client.
@Suite(
    .serialized,
    .enabled(
        if: FileManager.default.fileExists(atPath: MLflowServer.python),
        "there is no .venv/mlflow; make it with: scripts/venv mlflow"),
    .timeLimit(.minutes(3)))
struct MLflowExportTests {
    private let folder = NSTemporaryDirectory() + "martlet-mlflow-\(UUID().uuidString)"

    private func makeRun(_ store: RunStore, rate: Double) async throws -> String {
        let step = Step("train[mf]", isMemoised: false) { context in
            try context.record(
                [
                    Fact(.parameter, "learning-rate", .number(rate)), Fact(.parameter, "kind", "mf"),
                    Fact(.version, "data", "abc"),
                ] + Machine.facts)
            for epoch in 1...2500 { try context.log("loss", rate / Double(epoch), at: epoch) }
            try context.log("validation/recall@12", 0.25, at: 1)
        }
        let summary = try await FlowRunner(store: store).run(FlowGraph(name: "shop", steps: [step]))
        try summary.check()
        try store.tag(run: summary.run, ["why": "a test"])
        return summary.run
    }

    @Test func aServerThatWasAwayIsToldAllOfIt() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try RunStore(folder: folder + "/runs")
        let port = try MLflowServer.freePort()
        let exporter = MLflowExporter(
            store: store, client: MLflowClient(address: "http://127.0.0.1:\(port)/"), experiment: "shop")
        let run = try await makeRun(store, rate: 0.5)
        try exporter.announce(run: run)
        let error = await #expect(throws: MartletError.self) { try await exporter.exportPending() }
        #expect(error?.code == .unavailable)
        #expect(try store.pendingExports(to: "http://127.0.0.1:\(port)") == [run])

        let server = try await MLflowServer(folder: folder, port: port)
        defer { server.stop() }
        let told = try await exporter.exportPending()
        #expect(told.trials == 1 && told.points == 2501)
        #expect(try store.pendingExports(to: "http://127.0.0.1:\(port)").isEmpty)
        // Nothing is sent twice.
        #expect(try await exporter.export(run: run).points == 0)
        let second = try await makeRun(store, rate: 0.25)
        try await exporter.export(run: second)

        let known = try server.runs(experiment: "shop").sorted { ($0["run"]?.string ?? "") < ($1["run"]?.string ?? "") }
        #expect(known.count == 2)
        for (entry, (id, rate)) in zip(known, [(run, 0.5), (second, 0.25)].sorted { $0.0 < $1.0 }) {
            #expect(entry["run"]?.string == id && entry["status"] == "FINISHED")
            #expect(entry["parameters"]?["learning-rate"]?.string == "\(rate)")
            #expect(entry["points"]?.integer == 2500 && entry["last"]?.number == rate / 2500)
            #expect(entry["recall"]?.number == 0.25 && entry["data"] == "abc")
        }
    }

    @Test func aProjectThatNamesNoAddressIsTold() throws {
        let diagnostics = Diagnostics()
        let text = ProjectConfigurationTests.valid + "\ntracking: {mlflow: 'localhost:5000'}"
        _ = try ProjectConfiguration(
            file: ConfigurationNode(yaml: text, file: "martlet.yml"), folder: "shop", diagnostics: diagnostics)
        #expect(diagnostics.errors.contains { $0.message.contains("'tracking.mlflow' must be an address") })
    }
}

/// A tracking server of MLflow's, from its wheel, on a free port of this machine.
final class MLflowServer {
    static let python = #filePath.replacingOccurrences(
        of: "Tests/ProjectTests/MLflowExportTests.swift", with: ".venv/mlflow/bin/python")

    private let process = Process()
    private let address: String

    init(folder: String, port: Int) async throws {
        address = "http://127.0.0.1:\(port)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        process.executableURL = URL(filePath: Self.python)
        process.arguments = [
            "-m", "mlflow", "server", "--backend-store-uri", "sqlite:///\(folder)/mlflow.db", "--artifacts-destination",
            folder + "/artifacts", "--host", "127.0.0.1", "--port", "\(port)", "--workers", "1",
        ]
        // Without the workers of its queue, which would outlive the test.
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"]) { _, new in new }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let client = MLflowClient(address: address, timeout: 2)
        for _ in 0..<300 {
            if (try? await client.experiment(named: "Default")) != nil { return }
            try #require(process.isRunning, "the MLflow server ended by itself")
            try await Task.sleep(for: .milliseconds(200))
        }
        stop()
        Issue.record("the MLflow server did not answer within a minute")
    }

    /// Ends the server and the workers that it started.
    func stop() {
        guard process.isRunning else { return }
        let children = try? FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(pid_t.init).filter {
            id in
            let text = (try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)) ?? ""
            let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
            return fields.count > 1 && fields[1] == "\(process.processIdentifier)"
        }
        // The launcher pays no heed to SIGTERM while its worker lives, and the worker ends with its requests.
        for child in (children ?? []) + [process.processIdentifier] { kill(child, SIGKILL) }
        process.waitUntilExit()
    }

    /// What MLflow's client says of an experiment's runs.
    func runs(experiment: String) throws -> [JSONValue] {
        let program = """
            import json, sys, logging
            logging.disable(logging.WARNING)
            from mlflow import MlflowClient
            client = MlflowClient(tracking_uri=sys.argv[1])
            found = client.get_experiment_by_name(sys.argv[2])
            out = []
            for run in client.search_runs([found.experiment_id]):
                out.append({
                    "run": run.data.tags["martlet.run"], "status": run.info.status, "parameters": run.data.params,
                    "points": len(client.get_metric_history(run.info.run_id, "loss")),
                    "last": run.data.metrics["loss"], "recall": run.data.metrics["validation/recall_at_12"],
                    "data": run.data.tags["version.data"]})
            print(json.dumps(out))
            """
        let (reader, output) = (Process(), Pipe())
        reader.executableURL = URL(filePath: Self.python)
        reader.arguments = ["-c", program, address, experiment]
        reader.standardOutput = output
        reader.standardError = FileHandle.nullDevice
        try reader.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        reader.waitUntilExit()
        return try JSONValue(parsing: text).array ?? []
    }

    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
            }
        }
        try #require(status == 0)
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
