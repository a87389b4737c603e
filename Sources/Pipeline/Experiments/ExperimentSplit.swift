import Core
import Stores

/// Who is in an experiment, and in which variant: by hashes of the user's id, so that a user stays where they are as long
/// as the shares do, on every server and after every restart.
///
/// Two hashes, each seeded by a text of its own: one says whether the user takes part (in a group: in which of its
/// experiments), the other says in which variant. Experiments of other salts are independent of this one.
struct ExperimentSplit: Sendable {
    /// The users who take part: those whose number lies in here.
    private let part: Range<Double>
    private let partSeed: UInt64
    private let variantSeed: UInt64
    /// Where each variant's range ends.
    private let ends: [Double]

    /// The splits of experiments; faults of their groups go to `diagnostics`.
    static func all(of experiments: [ExperimentConfiguration], _ diagnostics: Diagnostics) -> [ExperimentSplit] {
        var taken: [String: Double] = [:]
        return experiments.map { experiment in
            var start = 0.0
            if let group = experiment.group {
                start = taken[group, default: 0]
                taken[group] = start + experiment.share
                if start + experiment.share > 1 + 1e-9 {
                    diagnostics.report(
                        "the experiments of the group '\(group)' take \(start + experiment.share) of the users",
                        hint: "lower their shares until they add up to at most 1", at: experiment.location)
                }
            }
            return ExperimentSplit(experiment, from: start)
        }
    }

    private init(_ experiment: ExperimentConfiguration, from start: Double) {
        part = start..<(start + experiment.share)
        partSeed = Self.seed(experiment.group.map { "group/\($0)" } ?? "share/\(experiment.salt)")
        variantSeed = Self.seed("variant/\(experiment.salt)")
        var sum = 0.0
        ends =
            experiment.kind == .split
            ? experiment.variants.map { variant in
                sum += variant.share
                return sum
            } : [1]
    }

    /// The number of the user's variant from 1; 0 for a user who does not take part.
    func choice(of user: String) -> UInt8 {
        guard part.contains(Self.number(user, seed: partSeed)) else { return 0 }
        guard ends.count > 1 else { return 1 }
        let number = Self.number(user, seed: variantSeed)
        return UInt8(ends.firstIndex { number < $0 } ?? ends.count - 1) + 1
    }

    private static func seed(_ text: String) -> UInt64 {
        var text = text
        return text.withUTF8 { XXHash64.hash(UnsafeRawBufferPointer($0)) }
    }

    /// A number in [0, 1) that belongs to the user.
    private static func number(_ user: String, seed: UInt64) -> Double {
        var user = user
        let hash = user.withUTF8 { XXHash64.hash(UnsafeRawBufferPointer($0), seed: seed) }
        return Double(hash >> 11) * 0x1p-53
    }
}
