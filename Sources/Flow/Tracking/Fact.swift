import Core

/// Something that is known of a step's work beside its metrics.
public struct Fact: Sendable, Hashable {
    /// What it is about.
    public enum Kind: String, Sendable, CaseIterable {
        /// What was chosen: a hyperparameter, the seed.
        case parameter
        /// Where it ran: machine, system, threads.
        case environment
        /// What it was made of: data, code.
        case version
    }

    /// What it is about.
    public var kind: Kind
    /// Its name, such as `learning-rate`.
    public var name: String
    /// Its value.
    public var value: JSONValue

    /// Makes a fact.
    public init(_ kind: Kind, _ name: String, _ value: JSONValue) {
        self.kind = kind
        self.name = name
        self.value = value
    }
}

extension [Fact] {
    /// An object's members as facts, those of objects in it as `outer.inner`.
    public init(_ kind: Fact.Kind, _ value: JSONValue, prefix: String = "") {
        self = (value.object ?? [:]).sorted { $0.key < $1.key }.flatMap { member -> [Fact] in
            if member.value.object != nil { return [Fact](kind, member.value, prefix: "\(prefix)\(member.key).") }
            return [Fact(kind, prefix + member.key, member.value)]
        }
    }
}
