import Core
import FoundationEssentials
import Synchronization

/// What a step's body sees: its parameters, the results of the steps it depends on, and where to leave its own.
public struct StepContext: Sendable {
    /// The run's id.
    public let run: String
    /// The step's name.
    public let step: String
    /// The step's parameters.
    public let parameters: JSONValue
    /// Which attempt this is, counted from 1 over all resumes of the run.
    public let attempt: Int
    /// Where to say how far the work is.
    public let progress: any ProgressReporting
    /// The results of the steps it depends on, by name.
    public let results: [String: StepResult]
    /// A folder that outlives a failed or killed attempt: what is written here, the next attempt of the same work
    /// (same key) in the same run finds again. Removed when the step has finished.
    public let checkpointFolder: String
    let outputFolder: String
    let store: RunStore
    let work: StepWork

    /// The path of an artifact of a step that this one depends on; a file or a folder, to be read only.
    ///
    /// - Throws: `notFound` if `step` is no dependency or left no such artifact (with the nearest name), `corrupted`
    ///   if it does not hold what was stored.
    public func input(_ step: String, _ artifact: String) throws -> String {
        try store.artifacts.path(of: try result(of: step).artifact(artifact))
    }

    /// The artifacts of this name of all steps that this one depends on, in the order of `dependencies`: what a join
    /// reads after a fan-out.
    ///
    /// - Throws: `corrupted` if one does not hold what was stored.
    public func inputs(_ artifact: String) throws -> [(step: String, path: String)] {
        try order.compactMap { name in
            guard let found = results[name]?.artifacts[artifact] else { return nil }
            return (name, try store.artifacts.path(of: found))
        }
    }

    /// The value that a step set which this one depends on; null if it set none.
    ///
    /// - Throws: `notFound` if `step` is no dependency.
    public func value(of step: String) throws -> JSONValue { try result(of: step).value }

    /// A path at which to write an artifact, as a file or as a folder; nothing is there yet.
    ///
    /// When the body returns, what lies there moves into the store. `name` is unique in the step.
    ///
    /// - Throws: `invalidConfiguration` if the name cannot be a file's name.
    public func output(_ name: String) throws -> String {
        let isUsable =
            !name.isEmpty && name.utf8.count <= 100 && name.first != "."
            && !name.unicodeScalars.contains { $0 == "/" || $0.value < 0x20 }
        guard isUsable else {
            throw MartletError(
                .invalidConfiguration, "'\(name)' cannot name an artifact",
                hint: "a name is 1 to 100 bytes long, does not begin with a dot and holds no slash")
        }
        work.state.withLock { if !$0.outputs.contains(name) { $0.outputs.append(name) } }
        return "\(outputFolder)/\(name)"
    }

    /// Leaves a small value for the steps that depend on this one.
    public func setValue(_ value: JSONValue) { work.state.withLock { $0.value = value } }

    /// The value that a step set which this one depends on, as a type of its own.
    ///
    /// - Throws: `notFound` if `step` is no dependency, `invalidData` if it set no value or one of another form.
    public func value<Value: Decodable>(of step: String, as type: Value.Type) throws -> Value {
        let value = try value(of: step)
        do {
            return try JSONDecoder().decode(type, from: Data(value.description.utf8))
        } catch {
            throw MartletError(
                .invalidData,
                value == .null
                    ? "step '\(step)' set no value, and '\(self.step)' reads one from it"
                    : "the value of step '\(step)' is no \(type): \(value)",
                hint: "let '\(step)' set it with setValue(_:), or return it", underlying: value == .null ? nil : error)
        }
    }

    /// Why a step failed which this one depends on and whose failures are caught; nil if it did not fail.
    ///
    /// - Throws: `notFound` if `step` is no dependency.
    public func failure(of step: String) throws -> String? {
        let result = try result(of: step)
        return result.key.hasPrefix("caught:") ? result.value["failed"]?.string : nil
    }

    /// The names of a fan-out's branches, in their order.
    ///
    /// - Throws: `notFound` if `step` is no dependency.
    public func branches(of step: String) throws -> [String] {
        try result(of: step).value["branches"]?.array?.compactMap(\.string) ?? []
    }

    /// In a fan-out's own body: the names of its branches.
    var branches: [String] { work.inputs.branches }

    /// Adds a point to a metric's series, such as the loss of an epoch; one at the same place is replaced.
    ///
    /// Points are written in batches, at most a second late.
    ///
    /// - Throws: `outOfSpace` or `system` if a batch cannot be written.
    /// - Complexity: O(1) on average, if indices grow.
    public func log(_ metric: String, _ value: Double, at index: Int = 0) throws {
        try work.recorder.log(metric, value, at: Int64(index))
    }

    /// Keeps with which parameters this step works, where it runs, and of what: makes the step a ``Trial``.
    ///
    /// - Throws: `outOfSpace` or `system` if the store cannot be written.
    public func record(_ facts: [Fact]) throws { try work.recorder.record(facts) }

    /// Whether the run is being ended or the step has exceeded its time limit; readable from any thread.
    public var isCancelled: Bool { work.isCancelled.load(ordering: .relaxed) }

    /// Ends the body if the run is being ended.
    ///
    /// - Throws: `CancellationError`
    public func checkCancellation() throws {
        if isCancelled { throw CancellationError() }
    }

    private var order: [String] { work.inputs.names }

    private func result(of step: String) throws -> StepResult {
        if let result = results[step] { return result }
        throw MartletError(
            .notFound, "step '\(self.step)' reads the result of '\(step)', on which it does not depend",
            hint: nearest(to: step, among: results.keys.sorted()).map { "did you mean '\($0)'?" }
                ?? "add '\(step)' to its dependencies")
    }
}

/// What a body has left so far; shared by all copies of its context.
final class StepWork: Sendable {
    struct State: Sendable {
        var outputs: [String] = []
        var value: JSONValue = .null
    }

    let state = Mutex(State())
    let isCancelled = Atomic(false)
    let inputs: StepInputs
    let recorder: StepRecorder

    init(inputs: StepInputs, recorder: StepRecorder) {
        self.inputs = inputs
        self.recorder = recorder
    }
}
