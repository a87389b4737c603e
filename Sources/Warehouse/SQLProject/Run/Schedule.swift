import Core
import Dispatch
import Synchronization

/// Hands models and tests out to threads, each after everything it waits for.
///
/// A model waits for the models it reads, and for the tests of everything before it; a test waits for what it reads.
final class Schedule: Sendable {
    /// One piece of work.
    enum Work: Sendable {
        case model(SQLModel)
        case test(DataTest)
    }

    private struct State {
        var waiting: [String: Set<String>] = [:]
        var ready: [String] = []
        var blocked: [String: String] = [:]
        var running = 0
        var left = 0
        var report = TransformReport()
        var failure: (any Error)?
    }

    private let project: SQLProject
    private let works: [String: Work]
    private let followers: [String: [String]]
    private let state: Mutex<State>
    private let wake = DispatchSemaphore(value: 0)
    private let order: [String: Int]

    /// How many pieces there are.
    var count: Int { works.count }

    init(project: SQLProject, selection: SQLSelection, builds: Bool) {
        self.project = project
        var works: [String: Work] = [:]
        if builds {
            for name in selection.models {
                // An ephemeral model lives inside the queries of others: nothing is built for it.
                guard let model = project.modelsByName[name] else { continue }
                works["model " + name] = .model(model)
            }
        }
        for test in project.tests where selection.tests.contains(test.name) { works["test " + test.name] = .test(test) }
        var waiting: [String: Set<String>] = [:]
        var order: [String: Int] = [:]
        for (index, node) in project.graph.order.enumerated() { order["model \(node)"] = index }
        for (key, work) in works {
            switch work {
            case .model(let model):
                let ancestors = project.graph.ancestors(of: .model(model.name))
                var before = Set(ancestors.map { "model \($0)" })
                for test in project.tests
                where !test.dependencies.isEmpty && test.dependencies.allSatisfy(ancestors.contains) {
                    before.insert("test " + test.name)
                }
                waiting[key] = before.filter { works[$0] != nil }
            case .test(let test):
                // An ephemeral model is as old as what it reads.
                let read = Set(test.dependencies).union(test.dependencies.flatMap { project.graph.ancestors(of: $0) })
                waiting[key] = Set(read.map { "model \($0)" }).filter { works[$0] != nil }
            }
        }
        var followers: [String: [String]] = [:]
        for (key, before) in waiting { for other in before { followers[other, default: []].append(key) } }
        let ready = waiting.filter { $0.value.isEmpty }.map(\.key).sorted {
            (order[$0] ?? .max, $0) < (order[$1] ?? .max, $1)
        }
        self.works = works
        self.followers = followers
        self.order = order
        let left = works.count
        state = Mutex(State(waiting: waiting, ready: ready, left: left))
        for _ in 0..<max(1, ready.count) { wake.signal() }
    }

    /// The next piece that is ready; waits for one. Nil when nothing is left.
    func take() -> Work? {
        while true {
            wake.wait()
            let (work, isOver): (Work?, Bool) = state.withLock { state in
                if state.left == 0 || state.failure != nil { return (nil, true) }
                guard !state.ready.isEmpty else { return (nil, false) }
                return (works[state.ready.removeFirst()], false)
            }
            if isOver {
                // The next thread shall see the end too.
                wake.signal()
                return nil
            }
            if let work { return work }
        }
    }

    /// Notes the end of a model.
    func ended(_ result: TransformReport.Model) {
        end("model " + result.name, isGood: result.status == .ok) { $0.models.append(result) }
    }

    /// Notes the end of a test.
    func ended(_ result: TransformReport.Test) {
        end("test " + result.name, isGood: result.status == .ok || result.status == .warn) { $0.tests.append(result) }
    }

    /// Ends everything after an error that no model is to blame for.
    func stop(_ error: any Error) {
        state.withLock { $0.failure = $0.failure ?? error }
        wake.signal()
    }

    private func end(_ key: String, isGood: Bool, _ note: (inout TransformReport) -> Void) {
        let freed = state.withLock { state -> Int in
            note(&state.report)
            return release(key, blocker: isGood ? nil : String(key.split(separator: " ", maxSplits: 1)[1]), &state)
        }
        for _ in 0..<max(1, freed) { wake.signal() }
    }

    /// Frees what waited for `key`; with a blocker it is skipped instead, and so is all that waits for it.
    private func release(_ key: String, blocker: String?, _ state: inout State) -> Int {
        state.left -= 1
        var freed = 0
        for follower in (followers[key] ?? []).sorted(by: { (order[$0] ?? .max, $0) < (order[$1] ?? .max, $1) }) {
            state.waiting[follower]!.remove(key)
            if let blocker, state.blocked[follower] == nil { state.blocked[follower] = blocker }
            guard state.waiting[follower]!.isEmpty else { continue }
            if let blocker = state.blocked[follower] {
                skip(follower, because: blocker, &state)
                freed += release(follower, blocker: blocker, &state)
            } else {
                state.ready.append(follower)
                freed += 1
            }
        }
        return freed
    }

    private func skip(_ key: String, because blocker: String, _ state: inout State) {
        let message = "skipped because '\(blocker)' did not succeed"
        switch works[key]! {
        case .model(let model):
            state.report.models.append(
                TransformReport.Model(
                    name: model.name, materialized: model.configuration.materialized,
                    table: project.relation(of: model).plainText, status: .skipped, rows: nil, seconds: 0,
                    message: message))
        case .test(let test):
            state.report.tests.append(
                TransformReport.Test(
                    name: test.name, status: .skipped, failures: 0, examples: [], seconds: 0, message: message))
        }
    }

    /// The report, when all threads have ended.
    ///
    /// - Throws: what ``stop(_:)`` was given.
    func finish() throws -> TransformReport {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.report
        }
    }
}
