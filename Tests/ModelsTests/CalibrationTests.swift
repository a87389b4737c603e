import Core
import Models
import Testing

@Suite struct CalibrationTests {
    /// Labels drawn by σ(0.5 · z − 1): that is what Platt's method must find.
    @Test func plattFindsTheLineThatLabelsWereDrawnBy() {
        var random = RandomSource(seed: 4)
        let logits = (0..<40_000).map { _ in Float(3 * random.normal()) }
        let labels = logits.map { random.uniform() < 1 / (1 + Reference.exp(1 - 0.5 * Double($0))) ? Float(1) : 0 }
        guard case .platt(let slope, let offset) = Calibration.fit(.platt, logits: logits, labels: labels) else {
            Issue.record("no line")
            return
        }
        #expect(abs(slope - 0.5) < 0.03 && abs(offset + 1) < 0.05)
    }

    /// Sorted by logit the labels are 0 | 1 0 | 1 1: the middle two fall and are pooled.
    @Test func isotonicPoolsWhatFalls() {
        let calibration = Calibration.fit(.isotonic, logits: [3, -1, 1, 2, 4], labels: [1, 0, 1, 0, 1])
        guard case .isotonic(let logits, let odds) = calibration else {
            Issue.record("no steps")
            return
        }
        #expect(logits == [-1, 1.5, 3.5])
        // (0 + ½) / (1 + ½), (1 + ½) / (1 + ½), (2 + ½) / ½.
        for (found, expected) in zip(odds, [1.0 / 3, 1, 5]) {
            #expect(abs(Double(found) - Reference.log(expected)) < 1e-6)
        }
        #expect(calibration.logOdds(-9) == odds[0] && calibration.logOdds(9) == odds[2])
        #expect(abs(calibration.logOdds(2.5) - (odds[1] + odds[2]) / 2) < 1e-6)
    }

    @Test(arguments: Calibration.Method.allCases) func allEqualLabelsChangeNothing(_ method: Calibration.Method) {
        #expect(Calibration.fit(method, logits: [1, 2], labels: [1, 1]) == .identity)
        #expect(Calibration.identity.logOdds(1.25) == 1.25)
    }
}
