import Core

/// What one behaviour test found.
public struct BehaviourResult: Codable, Sendable, Equatable {
    /// How a test ended.
    public enum State: String, Codable, Sendable {
        /// The value keeps to its threshold.
        case passed
        /// It does not, and nothing may be published.
        case failed
        /// It does not, or could not be measured, which is said.
        case warned
        /// There was nothing to pass.
        case reported
        /// It could not be measured, and nobody asked for it.
        case skipped
    }

    /// The test's name, such as `worst-slice`.
    public var test: String
    /// How it ended.
    public var state: State
    /// What was measured; nil if nothing could be.
    public var value: Double?
    /// The value's 95 % interval, where it is a mean over users.
    public var interval: Interval?
    /// What it had to keep to.
    public var threshold: Double?
    /// Which side of the threshold is good.
    public var bound: BehaviourTest.Bound
    /// The slice that decided, such as `country France`.
    public var slice: String?
    /// What it is and what was found, in a sentence.
    public var message: String
    /// Ids of up to ten users it shows on.
    public var examples: [String]

    /// One line for people: `worst-slice 0.31 (at least 0.5), slice country France: …`.
    public var line: String {
        var text = test
        if let value { text += " \(fixed(value, digits: value.magnitude < 0.01 && value != 0 ? 6 : 4))" }
        if let threshold { text += " (\(bound == .min ? "at least" : "at most") \(fixed(threshold, digits: 3)))" }
        if let slice { text += ", slice '\(slice)'" }
        text += ": \(message)"
        if state == .failed || state == .warned, !examples.isEmpty {
            text += "; for example users \(examples.joined(separator: ", "))"
        }
        return text
    }
}

/// What was measured for a test, before its rule is applied.
struct BehaviourMeasurement {
    var value: Double
    /// Of the value, or (with `margin`) of what decides.
    var interval: Interval?
    /// Whether the value surely does not keep to the threshold, where that is not value against threshold.
    var misses: Bool?
    var slice: String?
    var note: String?
    /// Lists whose users show it; asked for only if it matters.
    var lists: () -> [Int] = { [] }
    /// A threshold in the place of the rule's, where the rule's can't be reached.
    var threshold: Double?

    static func unknown(_ reason: String) -> BehaviourMeasurement {
        BehaviourMeasurement(value: .nan, note: reason)
    }
}
