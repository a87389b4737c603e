import Core

/// The experiments of a pipeline, and the pipelines that their variants make.
///
/// A user may be in several experiments at once. Their variants then set different keys, which is checked when the
/// project is read, so that there is one pipeline for each combination and its meaning is plain.
public struct ExperimentPlan: Sendable {
    /// The experiments, in the file's order.
    public private(set) var experiments: [ExperimentConfiguration] = []
    /// The pipelines by their users' choices: for each experiment 0 (not in it, or a shadow) or the variant's number
    /// from 1. Where nothing is chosen there is none: the pipeline itself answers.
    private(set) var configurations: [[UInt8]: PipelineConfiguration] = [:]
    /// The pipelines of shadows, by the experiment's place.
    private(set) var shadows: [Int: PipelineConfiguration] = [:]
    private var splits: [ExperimentSplit] = []

    /// The most combinations of variants.
    static let mostCombinations = 512

    /// No experiments.
    public init() {}

    /// All pipelines beside the one that answers users in no experiment.
    public var all: [PipelineConfiguration] {
        configurations.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
            + shadows.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Makes the pipelines of experiments.
    ///
    /// - Parameters:
    ///   - section: the pipeline's own section, whose faults are known already.
    ///   - read: reads a section.
    init(
        _ experiments: [ExperimentConfiguration], section: ConfigurationFields,
        read: (_ section: ConfigurationNode, _ path: String, _ diagnostics: Diagnostics) -> PipelineConfiguration
    ) {
        guard !experiments.isEmpty else { return }
        self.experiments = experiments
        splits = ExperimentSplit.all(of: experiments, section.diagnostics)
        Self.checkConflicts(experiments, section.diagnostics)
        var known: [SourceLocation] = section.diagnostics.errors.compactMap(\.location)
        func configuration(_ chosen: [(experiment: Int, variant: Int)]) -> PipelineConfiguration {
            var copy = section
            var entries = section.keys.filter { $0 != "experiments" }.compactMap { key in
                copy.node(key).map { (key: key, location: copy.location(of: key), value: $0) }
            }
            var path = section.name(of: "experiments")
            for choice in chosen {
                let variant = experiments[choice.experiment].variants[choice.variant]
                path += ".\(experiments[choice.experiment].name).variants.\(variant.name)"
                entries.removeAll { entry in variant.overrides.contains { $0.key == entry.key } }
                entries += variant.overrides
            }
            let own = Diagnostics()
            let found = read(ConfigurationNode(.mapping(entries), location: section.location), path, own)
            for error in own.errors where error.location.map({ !known.contains($0) }) ?? true {
                section.diagnostics.report(error)
                error.location.map { known.append($0) }
            }
            return found
        }
        for (place, experiment) in experiments.enumerated() {
            // Each by itself: its own faults are shown, however many combinations there are.
            let alone = experiment.variants.indices.map { configuration([(place, $0)]) }
            if experiment.kind == .shadow { shadows[place] = alone.first }
        }
        let choices = experiments.map { $0.kind == .shadow ? 0 : $0.variants.count }
        let count = choices.reduce(1.0) { $0 * Double($1 + 1) }
        guard count <= Double(Self.mostCombinations) else {
            section.diagnostics.report(
                "the experiments' variants make more than \(Self.mostCombinations) combinations",
                hint: "put experiments that need not share users into one group",
                at: section.location(of: "experiments"))
            return
        }
        var keys: [[UInt8]] = [[]]
        for count in choices { keys = keys.flatMap { key in (0...UInt8(count)).map { key + [$0] } } }
        for key in keys where key.contains(where: { $0 > 0 }) && isPossible(key) {
            configurations[key] = configuration(
                key.enumerated().filter { $0.element > 0 }.map { ($0.offset, Int($0.element) - 1) })
        }
    }

    /// Whether a user can be in the chosen experiments at once.
    private func isPossible(_ key: [UInt8]) -> Bool {
        let groups = zip(experiments, key).compactMap { $1 > 0 ? $0.group : nil }
        return Set(groups).count == groups.count
    }

    /// Two experiments that may share a user must not set the same key.
    private static func checkConflicts(_ experiments: [ExperimentConfiguration], _ diagnostics: Diagnostics) {
        let shown = experiments.filter { $0.kind != .shadow }
        for (place, one) in shown.enumerated() {
            for other in shown[(place + 1)...] where one.group == nil || one.group != other.group {
                if one.kind == .interleave, other.kind == .interleave {
                    diagnostics.report(
                        "the experiments '\(one.name)' and '\(other.name)' both interleave, and may share a user",
                        hint: "give both the same 'group', so that no user is in both", at: other.location)
                }
                let both = one.changed.intersection(other.changed).sorted()
                guard !both.isEmpty else { continue }
                diagnostics.report(
                    "the experiments '\(one.name)' and '\(other.name)' both set '\(both.joined(separator: "', '"))', and "
                        + "may share a user", hint: "give both the same 'group', so that no user is in both",
                    at: other.location)
            }
        }
    }

    /// What a user's answers are made by.
    ///
    /// - Complexity: O(experiments + bytes of the id)
    public func assignment(of user: String) -> ExperimentAssignment {
        ExperimentAssignment(choices: splits.map { $0.choice(of: user) })
    }
}

/// The variants that a user is in.
public struct ExperimentAssignment: Sendable, Equatable {
    /// For each experiment of the plan the variant's number from 1, or 0 for a user who is not in it.
    let choices: [UInt8]

    /// The place of the user's variant in the experiment at `place`; nil if the user is not in it.
    public func variant(at place: Int) -> Int? { choices[place] > 0 ? Int(choices[place]) - 1 : nil }
}

/// A variant by its name.
public struct VariantName: Sendable, Equatable {
    /// The experiment.
    public var experiment: String
    /// The variant; of an interleaving, both, joined by `+`.
    public var variant: String

    /// Names a variant.
    public init(experiment: String, variant: String) {
        self.experiment = experiment
        self.variant = variant
    }
}
