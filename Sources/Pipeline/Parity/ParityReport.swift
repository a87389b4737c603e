/// What a comparison of training's path with serving's found.
public struct ParityReport: Sendable, Equatable {
    /// A kind of value that is compared.
    public enum Kind: String, Sendable, CaseIterable {
        /// Encoded features: a table's rows at once in training, one row at a time at serving.
        case features
        /// What models take for a user's history.
        case histories
        /// Scores of the model whose vectors are searched: the whole catalogue in training, the index at serving.
        case vectors
        /// Scores of a ranking model: the whole catalogue in training, candidates at serving.
        case scores
        /// Scores that a server logged with its answers, against training's.
        case logged
    }

    /// A value that differs.
    public struct Difference: Sendable, Equatable {
        /// Its kind.
        public var kind: Kind
        /// The feature's or the model's name.
        public var name: String
        /// Whose it is, such as `user 13085, item 85123A`.
        public var subject: String
        /// The value in training.
        public var trained: String
        /// The value at serving.
        public var served: String
    }

    /// How many values of each kind were compared.
    public private(set) var compared: [Kind: Int] = [:]
    /// How many of them differ.
    public private(set) var different: [Kind: Int] = [:]
    /// The first differences of each kind and name.
    public private(set) var differences: [Difference] = []
    /// What could not be compared, and why.
    public var notes: [String] = []

    /// The most differences of a kind that are shown one by one.
    static let mostShown = 10

    /// Nothing yet.
    public init() {}

    /// Whether no value differs.
    public var agrees: Bool { different.values.allSatisfy { $0 == 0 } }

    /// How many values were compared.
    public var total: Int { compared.values.reduce(0, +) }

    mutating func count(_ kind: Kind, _ values: Int = 1) { compared[kind, default: 0] += values }

    mutating func differ(_ kind: Kind, _ name: String, _ subject: String, trained: String, served: String) {
        different[kind, default: 0] += 1
        guard differences.count(where: { $0.kind == kind }) < Self.mostShown else { return }
        differences.append(Difference(kind: kind, name: name, subject: subject, trained: trained, served: served))
    }
}
