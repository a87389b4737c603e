#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What a pipeline that is not shown would have answered, held against what was shown.
public struct ShadowAnswer: Sendable {
    /// The experiment and its variant.
    public var name: VariantName
    /// Its answer.
    public var answer: PipelineAnswer
    /// How long it took, in seconds.
    public var seconds: Double
    /// The share of the shown items that it has too, in 0…1; 1 where nothing was shown.
    public var overlap: Double
    /// Whether it shows the same items in the same order.
    public var isSame: Bool
    /// For each shown place, how likely the pipeline puts the same item there given those above it: what the shown
    /// items' own propensities are to be divided into. Nil where a late stage kept it from drawing.
    public var propensities: [Double]?

    init(name: VariantName, answer: PipelineAnswer, shown: PipelineAnswer, seconds: Double, temperature: Double?) {
        self.name = name
        self.answer = answer
        self.seconds = seconds
        let (own, other) = (answer.items.map(\.index), shown.items.map(\.index))
        overlap = other.isEmpty ? 1 : Double(Set(own).intersection(other).count) / Double(other.count)
        isSame = own == other
        propensities = Self.propensities(of: other, order: answer.order ?? [], temperature: temperature)
    }

    /// The probabilities of a list's places under a pipeline, each given the items above it.
    ///
    /// A drawn place is a draw among what is left of the pool, exp(s/τ) / Σ exp(s/τ); a pinned one, and all places of a
    /// pipeline that does not draw, hold the one item that they hold or none.
    ///
    /// - Parameters:
    ///   - order: the pipeline's candidates in its own order; those with a propensity were drawn.
    ///   - temperature: τ; nil if the pipeline does not draw.
    /// - Returns: nil if the pipeline should draw and did not.
    /// - Complexity: O(places · pool)
    static func propensities(of shown: [Int32], order: [Candidate], temperature: Double?) -> [Double]? {
        var left: [Int32: Double] = [:]
        if let temperature {
            for candidate in order where candidate.propensity != nil && candidate.score.isFinite {
                left[candidate.item] = Double(candidate.score) / temperature
            }
            if left.isEmpty, !order.isEmpty { return nil }
        }
        return shown.enumerated().map { place, item in
            defer { left[item] = nil }
            guard place < order.count, order[place].propensity != nil, !left.isEmpty else {
                return place < order.count && order[place].item == item ? 1 : 0
            }
            guard let own = left[item] else { return 0 }
            let largest = left.values.max() ?? 0
            return exp(own - largest) / left.values.reduce(0) { $0 + exp($1 - largest) }
        }
    }
}
