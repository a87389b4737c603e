import Core
import FoundationEssentials

/// What the behaviour tests and the protocol's linter say of a model: whether its lists may be published, and why not.
public struct BehaviourReport: Codable, Sendable, Equatable {
    /// What was tested: the shop's name.
    public var title: String
    /// The model's name.
    public var model: String
    /// The metric that comparisons and slices are made by.
    public var metric: String
    /// The tests, in their usual order.
    public var tests: [BehaviourResult]
    /// What the linter found, what blocks first.
    public var findings: [ProtocolFinding]
    /// The slices that have anybody in them.
    public var slices: [SliceResult]
    /// The names of slices of users in which nobody is.
    public var emptySlices: [String]

    /// Runs the tests and the linter.
    ///
    /// - Parameters:
    ///   - title: the shop's name.
    ///   - subject: the model's lists and what is known of users and items.
    ///   - facts: what is known of how models were trained, chosen and judged.
    ///   - configuration: what must hold.
    ///   - ks: list lengths to keep metrics at, beside that of the chosen one.
    ///   - seed: the seed of intervals.
    /// - Throws: `invalidData` if there is nothing to test.
    public init(
        title: String, subject: BehaviourSubject, facts: ProtocolFacts, configuration: BehaviourConfiguration,
        ks: [Int] = [], seed: UInt64
    ) throws {
        let suite = try BehaviourSuite(subject, configuration: configuration, ks: ks, seed: seed)
        self.title = title
        model = subject.model
        metric = subject.metric.description
        tests = suite.run()
        findings = ProtocolLinter(subject, facts: facts).findings(configuration.protocolSeverities)
        slices = suite.slices.filter { $0.value.value.isFinite }
        emptySlices = suite.slices.filter { !$0.value.value.isFinite && !$0.isOfItems }.map(\.name)
    }

    /// The tests that stop publishing.
    public var failures: [BehaviourResult] { tests.filter { $0.state == .failed } }

    /// The findings that stop publishing.
    public var blockers: [ProtocolFinding] { findings.filter { $0.severity == .stop } }

    /// Whether the lists may be published.
    public var passes: Bool { failures.isEmpty && blockers.isEmpty }

    /// `7 passed, 1 warning, 0 failed`.
    public var summary: String {
        let warnings = tests.count { $0.state == .warned } + findings.count { $0.severity != .stop }
        return "\(tests.count { $0.state == .passed }) passed, \(warnings) warning\(warnings == 1 ? "" : "s"), "
            + "\(failures.count + blockers.count) failed"
    }

    /// One line for each thing that stops publishing.
    public var reasons: [String] {
        blockers.map(\.line) + failures.map(\.line)
    }

    /// Ends the way to publishing if something stops it.
    ///
    /// - Throws: `failedCheck` that names each test, its slice, and example users.
    public func throwIfFailed() throws {
        guard !passes else { return }
        throw MartletError(
            .failedCheck,
            "\(model) may not be published:\n    " + reasons.joined(separator: "\n    "),
            hint: "mend the model or its data; 'martlet test' shows all of it. Thresholds stand under 'tests:'")
    }

    /// Reads what ``json`` wrote.
    ///
    /// - Throws: `invalidData` if it is no report.
    public init(json: JSONValue) throws {
        do {
            self = try JSONDecoder().decode(BehaviourReport.self, from: Data(json.description.utf8))
        } catch {
            throw MartletError(.invalidData, "this is no report of behaviour tests", underlying: error)
        }
    }

    /// The report for programs: `{"model": …, "passes": …, "tests": […], "findings": […], "slices": […], …}`.
    public var json: JSONValue {
        // Every part is a finite number, a text or a list of them, so neither step can fail.
        var members = try! JSONValue(encoding: self).object ?? [:]
        members["passes"] = .bool(passes)
        return .object(members)
    }
}

extension ProtocolFinding {
    /// One line for people.
    public var line: String {
        let shown = examples.isEmpty ? "" : "; for example users \(examples.joined(separator: ", "))"
        return "\(rule.rawValue) (\(place)): \(message)\(shown)"
    }
}
