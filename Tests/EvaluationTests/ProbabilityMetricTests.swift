import Core
import Evaluation
import Testing

/// Probability metrics against numbers worked out by hand.
struct ProbabilityMetricTests {
    /// Pairs (positive above negative): 0.9 beats 0.8 and 0.3, 0.3 loses to 0.8 and ties with 0.3: 2.5 of 4.
    @Test func aucCountsTiesHalf() throws {
        let metrics = try SampledProbabilityMetrics(
            probabilities: [0.9, 0.8, 0.3, 0.3], labels: [true, false, true, false])
        #expect(metrics.aucSampled == 2.5 / 4)
        #expect(metrics.rows == 4 && metrics.positives == 2)
        #expect(metrics.gaucSampled == nil)
    }

    /// User 1: 1 of 1 pair over two rows; user 2: 1 of 2 pairs over three; user 3 has positives only.
    @Test func gaucWeighsUsersByTheirRows() throws {
        let metrics = try SampledProbabilityMetrics(
            probabilities: [0.6, 0.5, 0.4, 0.5, 0.3, 0.9], labels: [true, false, true, false, false, true],
            groups: [1, 1, 2, 2, 2, 3])
        #expect(abs(metrics.gaucSampled! - (1.0 * 2 + 0.5 * 3) / 5) < 1e-12)
    }

    /// −(ln 0.5 + ln 0.75) / 2.
    @Test func logLossIsTheMeanOfLogs() throws {
        let metrics = try SampledProbabilityMetrics(probabilities: [0.5, 0.25], labels: [true, false])
        #expect(abs(metrics.logLossSampled - 0.4904146265) < 1e-9)
        let sure = try SampledProbabilityMetrics(probabilities: [1, 0], labels: [false, true])
        #expect(abs(sure.logLossSampled - 34.538776394910684) < 1e-3)
    }

    /// Two bins: (0.1, 0.3: none) is 0.4 off, (0.6, 1.0: one) is 0.6 off; over four rows.
    @Test func calibrationErrorWeighsBinsByTheirRows() throws {
        let metrics = try SampledProbabilityMetrics(
            probabilities: [0.1, 0.3, 0.6, 1], labels: [false, false, true, false], bins: 2)
        #expect(abs(metrics.calibrationErrorSampled - (0.4 + 0.6) / 4) < 1e-7)
        #expect(abs(metrics.calibrationRatioSampled! - 2) < 1e-7)
    }

    @Test func allEqualLabelsHaveNoAUC() throws {
        let metrics = try SampledProbabilityMetrics(probabilities: [0.1, 0.2], labels: [false, false])
        #expect(metrics.aucSampled == nil && metrics.calibrationRatioSampled == nil)
        #expect(metrics.logLossSampled > 0)
    }

    @Test(arguments: [[0.5, 1.5], [0.5, -0.1], [.nan, 0.5]]) func whatIsNoProbabilityIsNamed(_ values: [Float]) {
        #expect { try SampledProbabilityMetrics(probabilities: values, labels: [true, false]) } throws: {
            ($0 as? MartletError)?.message.contains("row") == true
        }
    }

    @Test func countsMustAgree() {
        #expect(throws: MartletError.self) { try SampledProbabilityMetrics(probabilities: [0.5], labels: []) }
        #expect(throws: MartletError.self) { try SampledProbabilityMetrics(probabilities: [], labels: []) }
        #expect(throws: MartletError.self) {
            try SampledProbabilityMetrics(probabilities: [0.5], labels: [true], groups: [1, 2])
        }
    }
}
