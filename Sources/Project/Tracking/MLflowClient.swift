import Core
import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// An MLflow tracking server, by its REST interface (2.0).
///
/// https://mlflow.org/docs/latest/rest-api.html
public struct MLflowClient: Sendable {
    /// The server's address, such as `http://127.0.0.1:5000`.
    public let address: String
    private let token: String?
    private let session: URLSession

    /// Speaks to a server.
    ///
    /// - Parameters:
    ///   - address: with `http://` or `https://`; name and password may stand in it.
    ///   - token: sent as `Authorization: Bearer`.
    ///   - timeout: how long an answer may take, in seconds.
    public init(address: String, token: String? = nil, timeout: Double = 20) {
        var address = address
        while address.hasSuffix("/") { address.removeLast() }
        self.address = address
        self.token = token
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = timeout
        session = URLSession(configuration: configuration)
    }

    /// The id of an experiment, made if there is none of that name.
    ///
    /// - Throws: `unavailable` if the server does not answer, `unauthorized`, `invalidData` if it refuses.
    public func experiment(named name: String) async throws -> String {
        let query = name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? name
        if let found = try? await send("GET", "experiments/get-by-name?experiment_name=\(query)", nil),
            let id = found["experiment"]?["experiment_id"]?.string
        {
            return id
        }
        return try await send("POST", "experiments/create", ["name": .string(name)])["experiment_id"]?.string ?? "0"
    }

    /// Begins a run.
    ///
    /// - Returns: the server's id of it.
    /// - Throws: as ``experiment(named:)``.
    public func createRun(
        experiment: String, name: String, started: Double, tags: [String: String]
    ) async throws -> String {
        let answer = try await send(
            "POST", "runs/create",
            [
                "experiment_id": .string(experiment), "run_name": .string(name),
                "start_time": .integer(Int64(started * 1000)), "tags": Self.pairs(tags),
            ])
        guard let id = answer["run"]?["info"]?["run_id"]?.string else {
            throw MartletError(
                .invalidData, "\(address) began a run and gave it no id", hint: "is it an MLflow server?")
        }
        return id
    }

    /// Adds parameters, tags and points to a run, in requests of the size that the server takes.
    ///
    /// - Throws: as ``experiment(named:)``.
    public func log(
        run: String, parameters: [String: String] = [:], tags: [String: String] = [:], points: [MLflowPoint] = []
    ) async throws {
        let names = parameters.keys.sorted()
        for start in stride(from: 0, to: names.count, by: 100) {
            let part = parameters.filter { names[start..<min(start + 100, names.count)].contains($0.key) }
            _ = try await send("POST", "runs/log-batch", ["run_id": .string(run), "params": Self.pairs(part)])
        }
        for (key, value) in tags.sorted(by: { $0.key < $1.key }) {
            _ = try await send(
                "POST", "runs/set-tag", ["run_id": .string(run), "key": .string(key), "value": .string(value)])
        }
        for start in stride(from: 0, to: points.count, by: 1000) {
            let part = points[start..<min(start + 1000, points.count)].map(\.json)
            _ = try await send("POST", "runs/log-batch", ["run_id": .string(run), "metrics": .array(part)])
        }
    }

    /// Sets how far a run is: `RUNNING`, `FINISHED`, `FAILED` or `KILLED`.
    ///
    /// - Throws: as ``experiment(named:)``.
    public func update(run: String, status: String, ended: Double?) async throws {
        var body: [String: JSONValue] = ["run_id": .string(run), "status": .string(status)]
        if let ended { body["end_time"] = .integer(Int64(ended * 1000)) }
        _ = try await send("POST", "runs/update", .object(body))
    }

    private func send(_ method: String, _ path: String, _ body: JSONValue?) async throws -> JSONValue {
        guard let url = URL(string: "\(address)/api/2.0/mlflow/\(path)") else {
            throw MartletError(.invalidConfiguration, "'\(address)' is no address of a server")
        }
        var request = URLRequest(url: url)
        request.httpMethod = method
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        if let body {
            request.httpBody = Data(body.description.utf8)
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        let (data, response): (Data, URLResponse)
        do {
            (data, response) = try await session.data(for: request)
        } catch {
            throw MartletError(
                .unavailable, "the MLflow server at \(address) does not answer",
                hint: "start it, or mend 'tracking.mlflow'; what it has missed it is told later", underlying: error)
        }
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        let text = String(decoding: data, as: UTF8.self)
        if status == 401 || status == 403 {
            throw MartletError(
                .unauthorized, "the MLflow server at \(address) refuses the token", hint: "mend 'tracking.token'")
        }
        guard (200..<300).contains(status) else {
            let what = (try? JSONValue(parsing: text))?["message"]?.string ?? String(text.prefix(200))
            throw MartletError(
                status >= 500 ? .unavailable : .invalidData,
                "the MLflow server at \(address) answers \(status): \(what)")
        }
        return try JSONValue(parsing: text.isEmpty ? "{}" : text, source: path)
    }

    private static func pairs(_ values: [String: String]) -> JSONValue {
        .array(
            values.sorted { $0.key < $1.key }.map { ["key": .string($0.key), "value": .string($0.value)] })
    }
}

/// A point as MLflow takes it.
public struct MLflowPoint: Sendable {
    /// The metric's name, of letters, digits and `_ - . : / space`.
    public var key: String
    /// The value.
    public var value: Double
    /// Seconds since 1970.
    public var time: Double
    /// The place in the series.
    public var step: Int64

    var json: JSONValue {
        // Protocol buffers' JSON has words for what JSON has no numbers for.
        let number: JSONValue =
            value.isNaN ? "NaN" : value.isInfinite ? (value > 0 ? "Infinity" : "-Infinity") : .number(value)
        return [
            "key": .string(key), "value": number, "timestamp": .integer(Int64(time * 1000)), "step": .integer(step),
        ]
    }
}
