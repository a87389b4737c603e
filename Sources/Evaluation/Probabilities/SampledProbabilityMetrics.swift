import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// How good probabilities are, row by row: do positives stand above negatives, and do the numbers mean what they say.
///
/// Rows are the interactions of a window and negatives drawn beside them, so every name says `sampled`: these numbers
/// depend on how many negatives there are and how they were drawn, and tell nothing about a list over all items. For
/// that there is ``evaluate(name:lists:truth:ks:measures:itemCount:bootstrapSeed:)``.
public struct SampledProbabilityMetrics: Codable, Sendable, Equatable {
    /// How many rows were judged.
    public var rows: Int
    /// How many of them are positives.
    public var positives: Int
    /// The probability that a positive stands above a negative, ties counting half; nil if there is only one kind.
    public var aucSampled: Double?
    /// The AUC within each group (user) that has both kinds, weighted by the group's rows; nil if there is none.
    public var gaucSampled: Double?
    /// −mean(y · log p + (1 − y) · log(1 − p)), p kept within 1e-15 of 0 and 1.
    public var logLossSampled: Double
    /// Expected calibration error: Σ_bins share · |mean p − share of positives|.
    public var calibrationErrorSampled: Double
    /// Σ p / Σ y: above 1, probabilities are too high; nil without positives.
    public var calibrationRatioSampled: Double?

    /// Measures probabilities.
    ///
    /// - Parameters:
    ///   - probabilities: one in [0, 1] for each row.
    ///   - labels: which rows are positives.
    ///   - groups: the group (user) of each row, for GAUC; nil leaves it out.
    ///   - bins: how many bins of equal width the calibration error has.
    /// - Throws: `invalidData` if counts differ, there are no rows, or a probability is none.
    /// - Complexity: O(rows · log rows)
    public init(probabilities: [Float], labels: [Bool], groups: [Int32]? = nil, bins: Int = 10) throws {
        guard probabilities.count == labels.count, groups.map({ $0.count == labels.count }) ?? true else {
            throw MartletError(
                .invalidData,
                "\(probabilities.count) probabilities, \(labels.count) labels and "
                    + "\(groups?.count ?? labels.count) groups are not as many")
        }
        guard !labels.isEmpty else {
            throw MartletError(.invalidData, "there are no rows to measure probabilities on")
        }
        if let row = probabilities.firstIndex(where: { !(0...1 ~= $0) }) {
            throw MartletError(.invalidData, "row \(row): \(probabilities[row]) is no probability")
        }
        rows = labels.count
        positives = labels.count { $0 }
        aucSampled = Self.auc(Array(probabilities.indices), probabilities, labels)
        gaucSampled = groups.flatMap { Self.gauc(probabilities, labels, $0) }
        logLossSampled =
            zip(probabilities, labels).reduce(0.0) { sum, row in
                let p = min(max(Double(row.0), 1e-15), 1 - 1e-15)
                return sum - log(row.1 ? p : 1 - p)
            } / Double(rows)
        calibrationErrorSampled = Self.calibrationError(probabilities, labels, bins: bins)
        calibrationRatioSampled =
            positives > 0 ? probabilities.reduce(0.0) { $0 + Double($1) } / Double(positives) : nil
    }

    /// The rank-sum form: AUC = (Σ ranks of positives − n₊ (n₊ + 1) / 2) / (n₊ · n₋), ties sharing their mean rank.
    ///
    /// Hanley and McNeil, "The Meaning and Use of the Area under a ROC Curve" (1982).
    static func auc(_ rows: [Int], _ scores: [Float], _ labels: [Bool]) -> Double? {
        let positives = rows.count { labels[$0] }
        let negatives = rows.count - positives
        guard positives > 0, negatives > 0 else { return nil }
        let order = rows.sorted { scores[$0] < scores[$1] }
        var (sum, first) = (0.0, 0)
        while first < order.count {
            var last = first + 1
            while last < order.count, scores[order[last]] == scores[order[first]] { last += 1 }
            // Ranks first + 1 … last, counted from 1.
            let rank = Double(first + 1 + last) / 2
            sum += rank * Double(order[first..<last].count { labels[$0] })
            first = last
        }
        let least = Double(positives) * Double(positives + 1) / 2
        return (sum - least) / (Double(positives) * Double(negatives))
    }

    /// Zhou et al., "Deep Interest Network for Click-Through Rate Prediction" (2018).
    private static func gauc(_ scores: [Float], _ labels: [Bool], _ groups: [Int32]) -> Double? {
        let order = groups.indices.sorted { (groups[$0], $0) < (groups[$1], $1) }
        var (sum, weight, first) = (0.0, 0.0, 0)
        while first < order.count {
            var last = first + 1
            while last < order.count, groups[order[last]] == groups[order[first]] { last += 1 }
            if let auc = auc(Array(order[first..<last]), scores, labels) {
                sum += auc * Double(last - first)
                weight += Double(last - first)
            }
            first = last
        }
        return weight > 0 ? sum / weight : nil
    }

    /// Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning" (2015).
    private static func calibrationError(_ probabilities: [Float], _ labels: [Bool], bins: Int) -> Double {
        precondition(bins >= 1, "there is at least one bin")
        var sums = [(probability: Double, positives: Double)](repeating: (0, 0), count: bins)
        for (probability, label) in zip(probabilities, labels) {
            let bin = min(Int(Double(probability) * Double(bins)), bins - 1)
            sums[bin].probability += Double(probability)
            sums[bin].positives += label ? 1 : 0
        }
        return sums.reduce(0) { $0 + abs($1.probability - $1.positives) } / Double(labels.count)
    }
}
