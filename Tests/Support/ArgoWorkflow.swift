import Foundation

/// Does with a manifest of Argo Workflows what Argo would do, with processes of this machine for pods: order by the DAG,
/// `withItems` and `withParam`, parameters, repeats without their pauses, mutexes, and the handler at the end.
package struct ArgoWorkflow: @unchecked Sendable {
    /// Runs a container's command with its arguments; returns its exit status.
    package typealias Container = @Sendable (_ command: [String]) async -> Int32

    // Plain JSON that is never changed, so it may be read by any thread.
    private let spec: [String: Any]
    private let templates: [String: [String: Any]]
    private let mutexes = ArgoMutexes()

    package init(_ text: String) throws {
        let whole = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
        let own = whole["spec"] as? [String: Any] ?? [:]
        spec = own["workflowSpec"] as? [String: Any] ?? own
        let named = (spec["templates"] as? [[String: Any]] ?? []).map { ($0["name"] as? String ?? "", $0) }
        templates = Dictionary(uniqueKeysWithValues: named)
    }

    /// The tasks by name, with what each has beside it.
    package var tasks: [String: [String: Any]] {
        let dag = templates["main"]?["dag"] as? [String: Any]
        let all = dag?["tasks"] as? [[String: Any]] ?? []
        return Dictionary(uniqueKeysWithValues: all.map { ($0["name"] as? String ?? "", $0) })
    }

    package func template(_ name: String) -> [String: Any] { templates[name] ?? [:] }

    /// Runs the workflow to its end.
    ///
    /// - Parameter given: parameters in place of the workflow's own.
    /// - Returns: the tasks that did not succeed or were not reached, sorted; `end` if the handler failed.
    package func run(_ given: [String: String] = [:], container: @escaping Container) async throws -> [String] {
        var known: [String: String] = [:]
        let arguments = (spec["arguments"] as? [String: Any])?["parameters"] as? [[String: Any]] ?? []
        for parameter in arguments {
            let name = parameter["name"] as? String ?? ""
            known["workflow.parameters.\(name)"] = given[name] ?? parameter["value"] as? String ?? ""
        }
        let tasks = tasks
        var waiting = Set(tasks.keys)
        var done: Set<String> = []
        while true {
            let ready = waiting.filter { done.isSuperset(of: tasks[$0]?["dependencies"] as? [String] ?? []) }.sorted()
            if ready.isEmpty { break }
            waiting.subtract(ready)
            let before = known
            let ended = try await withThrowingTaskGroup(of: (String, [String: String]?).self) { group in
                for name in ready { group.addTask { (name, try await self.run(task: name, before, container)) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for (name, outputs) in ended {
                guard let outputs else { continue }
                done.insert(name)
                known.merge(outputs) { _, new in new }
            }
        }
        var failed = tasks.keys.filter { !done.contains($0) }.sorted()
        if let handler = spec["onExit"] as? String, try await pod(handler, known, container) == nil {
            failed.append(handler)
        }
        return failed
    }

    /// - Returns: what the task put out, by the names under which others read it; nil if it failed.
    private func run(
        task name: String, _ known: [String: String], _ container: @escaping Container
    ) async throws -> [String: String]? {
        let task = tasks[name] ?? [:]
        var items: [String?] = [nil]
        if let given = task["withItems"] as? [String] { items = given }
        if let given = task["withParam"] as? String {
            let text = Self.fill(given, known)
            items = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String] ?? []
        }
        let template = task["template"] as? String ?? ""
        let arguments = (task["arguments"] as? [String: Any])?["parameters"] as? [[String: String]] ?? []
        let outputs = try await withThrowingTaskGroup(of: [String: String]?.self) { group in
            for item in items {
                var inputs = known
                if let item { inputs["item"] = item }
                for argument in arguments {
                    inputs["inputs.parameters.\(argument["name"] ?? "")"] = Self.fill(argument["value"] ?? "", inputs)
                }
                let ready = inputs
                group.addTask { try await self.pod(template, ready, container) }
            }
            return try await group.reduce(into: [[String: String]?]()) { $0.append($1) }
        }
        if outputs.contains(where: { $0 == nil }) { return nil }
        var named: [String: String] = [:]
        for (output, value) in outputs.first.flatMap({ $0 }) ?? [:] {
            named["tasks.\(name).outputs.parameters.\(output)"] = value
            named["workflow.outputs.parameters.\(output)"] = value
        }
        return named
    }

    /// - Returns: the pod's output parameters; nil if it failed as often as it may.
    private func pod(
        _ name: String, _ known: [String: String], _ container: Container
    ) async throws -> [String: String]? {
        let template = template(name)
        let described = template["container"] as? [String: Any] ?? [:]
        let strategy = template["retryStrategy"] as? [String: Any]
        let repeats =
            strategy?["retryPolicy"] as? String == "Always" ? Int(strategy?["limit"] as? String ?? "0") ?? 0 : 0
        let outputs = (template["outputs"] as? [String: Any])?["parameters"] as? [[String: Any]] ?? []
        let held = (template["synchronization"] as? [String: Any])?["mutexes"] as? [[String: String]] ?? []
        let mutex = held.first?["name"]
        for attempt in 0...repeats {
            var known = known
            if strategy != nil { known["retries"] = String(attempt) }
            // Each pod has a file system of its own, so the file that it writes is named anew.
            let file = NSTemporaryDirectory() + "argo-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: file) }
            let paths = outputs.compactMap { ($0["valueFrom"] as? [String: String])?["path"] }
            let words = (described["command"] as? [String] ?? []) + (described["args"] as? [String] ?? [])
            let command = words.map { paths.contains($0) ? file : Self.fill($0, known) }
            if let open = command.first(where: { $0.contains("{{") }) { throw TestFault("nobody fills in '\(open)'") }
            if let mutex { await mutexes.take(mutex) }
            let status = await container(command)
            if let mutex { await mutexes.release(mutex) }
            guard status == 0 else { continue }
            var values: [String: String] = [:]
            for output in outputs {
                values[output["name"] as? String ?? ""] = try String(contentsOfFile: file, encoding: .utf8)
            }
            return values
        }
        return nil
    }

    private static func fill(_ text: String, _ known: [String: String]) -> String {
        var text = text
        for (name, value) in known { text = text.replacingOccurrences(of: "{{\(name)}}", with: value) }
        return text
    }
}

/// The mutexes of workflows, held by name.
private actor ArgoMutexes {
    private var held: Set<String> = []

    func take(_ name: String) async {
        while held.contains(name) { try? await Task.sleep(for: .milliseconds(5)) }
        held.insert(name)
    }

    func release(_ name: String) { held.remove(name) }
}
