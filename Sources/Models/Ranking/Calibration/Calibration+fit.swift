#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension Calibration {
    /// Newton's method on the logistic loss with Platt's smoothed labels, (n₊ + 1)/(n₊ + 2) and 1/(n₋ + 2).
    ///
    /// Sources: Platt, "Probabilistic Outputs for Support Vector Machines" (1999); Lin, Lin and Weng, "A Note on Platt's
    /// Probabilistic Outputs" (2007).
    static func platt(_ logits: [Float], _ labels: [Float]) -> Calibration {
        let positives = Double(labels.count { $0 > 0 })
        let negatives = Double(labels.count) - positives
        let (high, low) = ((positives + 1) / (positives + 2), 1 / (negatives + 2))
        func loss(_ slope: Double, _ offset: Double) -> Double {
            zip(logits, labels).reduce(0) { sum, row in
                let z = slope * Double(row.0) + offset
                return sum + max(z, 0) + log1p(exp(-abs(z))) - (row.1 > 0 ? high : low) * z
            }
        }
        var (slope, offset) = (1.0, 0.0)
        var best = loss(slope, offset)
        for _ in 0..<100 {
            var (g1, g2, h11, h12, h22) = (0.0, 0.0, 1e-12, 0.0, 1e-12)
            for (logit, label) in zip(logits, labels) {
                let z = Double(logit)
                let p = 1 / (1 + exp(-(slope * z + offset)))
                let (d, w) = (p - (label > 0 ? high : low), p * (1 - p))
                g1 += d * z
                g2 += d
                h11 += w * z * z
                h12 += w * z
                h22 += w
            }
            let determinant = h11 * h22 - h12 * h12
            guard determinant > 0, abs(g1) + abs(g2) > 1e-9 * Double(labels.count) else { break }
            let step = ((h22 * g1 - h12 * g2) / determinant, (h11 * g2 - h12 * g1) / determinant)
            // Half the step until it helps.
            var share = 1.0
            while share > 1e-10 {
                let tried = loss(slope - share * step.0, offset - share * step.1)
                if tried < best {
                    (slope, offset, best) = (slope - share * step.0, offset - share * step.1, tried)
                    break
                }
                share /= 2
            }
            if share <= 1e-10 { break }
        }
        // Kept as they are stored, so that a model that was saved gives the same probabilities.
        return .platt(slope: Double(Float(slope)), offset: Double(Float(offset)))
    }

    /// Pools neighbours that fall until all rise; each pool becomes a point, its mean logit and its smoothed log-odds.
    ///
    /// Sources: Ayer et al., "An Empirical Distribution Function for Sampling with Incomplete Information" (1955);
    /// Zadrozny and Elkan, "Transforming Classifier Scores into Accurate Multiclass Probability Estimates" (2002).
    static func isotonic(_ logits: [Float], _ labels: [Float]) -> Calibration {
        struct Pool {
            var logits: Double
            var positives: Double
            var count: Double
            var share: Double { positives / count }
        }
        let order = logits.indices.sorted { (logits[$0], $0) < (logits[$1], $1) }
        var pools: [Pool] = []
        for row in order {
            var pool = Pool(logits: Double(logits[row]), positives: labels[row] > 0 ? 1 : 0, count: 1)
            while let before = pools.last,
                before.share >= pool.share || before.logits / before.count >= pool.logits / pool.count
            {
                pool = Pool(
                    logits: pool.logits + before.logits, positives: pool.positives + before.positives,
                    count: pool.count + before.count)
                pools.removeLast()
            }
            pools.append(pool)
        }
        var points: [(Float, Float)] = []
        for pool in pools {
            // One half of a row of each kind keeps log-odds finite.
            let odds = Float(log((pool.positives + 0.5) / (pool.count - pool.positives + 0.5)))
            let logit = Float(pool.logits / pool.count)
            if let last = points.last, last.0 >= logit || last.1 > odds { continue }
            points.append((logit, odds))
        }
        return .isotonic(logits: points.map(\.0), logOdds: points.map(\.1))
    }
}

extension Calibration {
    /// σ(z).
    static func probability(logOdds: Float) -> Double { 1 / (1 + exp(-Double(logOdds))) }

    /// log x as a float.
    static func logarithm(_ x: Double) -> Float { Float(log(x)) }
}
