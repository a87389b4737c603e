/// What a value in a column of the items must be like for an item to be in an answer.
public struct ColumnCondition: Sendable, Hashable {
    /// What is asked of the value.
    public enum Test: Sendable, Hashable {
        /// It is one of these, compared as text.
        case isOneOf(Set<String>)
        /// It is none of these.
        case isNoneOf(Set<String>)
        /// It is a number from the one to the other, both included; nil: no bound.
        case isWithin(from: Double?, to: Double?)
    }

    /// The column: one of `items.show`, a categorical item feature, or a feature that is read when a request comes.
    public var column: String
    /// What is asked.
    public var test: Test
    /// Whether an item without a value passes.
    public var keepsMissing: Bool

    /// Makes a condition.
    public init(_ column: String, _ test: Test, keepsMissing: Bool = false) {
        self.column = column
        self.test = test
        self.keepsMissing = keepsMissing
    }

    /// Whether the test is about numbers.
    var needsNumbers: Bool { if case .isWithin = test { true } else { false } }

    /// Whether a number passes; one that is none counts as missing.
    func passes(_ number: Double) -> Bool {
        guard number.isFinite else { return keepsMissing }
        guard case .isWithin(let from, let to) = test else { return keepsMissing }
        return number >= from ?? -.infinity && number <= to ?? .infinity
    }

    /// Whether a text passes.
    func passes(_ text: String) -> Bool {
        switch test {
        case .isOneOf(let wanted): wanted.contains(text)
        case .isNoneOf(let unwanted): !unwanted.contains(text)
        case .isWithin: Double(text).map { passes($0) } ?? keepsMissing
        }
    }
}
