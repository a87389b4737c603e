import Core

/// Turns logits into probabilities that hold on data that training did not see.
///
/// Fitted on the validation window with the same sampling of negatives as in training; the sampling is undone
/// afterwards (``NegativeCorrection``).
package enum Calibration: Sendable, Equatable {
    /// How a calibration is fitted.
    package enum Method: String, Sendable, CaseIterable {
        /// σ(a · z + b).
        case platt
        /// A rising step function.
        case isotonic
        /// The network's own σ(z).
        case none
    }

    /// σ(a · z + b); the identity is a = 1, b = 0.
    case platt(slope: Double, offset: Double)
    /// Rising log-odds at rising logits, straight between them and constant outside.
    case isotonic(logits: [Float], logOdds: [Float])

    /// Nothing is changed.
    package static let identity = Calibration.platt(slope: 1, offset: 0)

    /// The calibrated log-odds of a logit.
    package func logOdds(_ logit: Float) -> Float {
        switch self {
        case .platt(let slope, let offset): return Float(slope * Double(logit) + offset)
        case .isotonic(let logits, let logOdds):
            guard let first = logits.first, let last = logits.last else { return logit }
            if logit <= first { return logOdds[0] }
            if logit >= last { return logOdds[logOdds.count - 1] }
            var (low, high) = (0, logits.count - 1)
            while high - low > 1 {
                let middle = (low + high) / 2
                if logits[middle] <= logit { low = middle } else { high = middle }
            }
            let share = (logit - logits[low]) / (logits[high] - logits[low])
            return logOdds[low] + share * (logOdds[high] - logOdds[low])
        }
    }

    /// Fits a calibration; the identity if the labels are all equal.
    package static func fit(_ method: Method, logits: [Float], labels: [Float]) -> Calibration {
        precondition(logits.count == labels.count, "each logit has a label")
        let positives = labels.count { $0 > 0 }
        guard positives > 0, positives < labels.count else { return .identity }
        switch method {
        case .none: return .identity
        case .platt: return platt(logits, labels)
        case .isotonic: return isotonic(logits, labels)
        }
    }

    /// As tensors, names after `prefix`.
    func tensors(prefix: String) -> [StoredTensor] {
        switch self {
        case .platt(let slope, let offset):
            [StoredTensor("\(prefix).platt", shape: [2], .float([Float(slope), Float(offset)]))]
        case .isotonic(let logits, let logOdds):
            [StoredTensor("\(prefix).isotonic", shape: [2, logits.count], .float(logits + logOdds))]
        }
    }

    /// Reads what ``tensors(prefix:)`` made.
    init(_ file: SafetensorsFile, prefix: String) throws {
        if let platt = file.tensors["\(prefix).platt"] {
            let values = try file.floats(platt.name, shape: [2])
            self = .platt(slope: Double(values[0]), offset: Double(values[1]))
        } else {
            let values = try file.floats("\(prefix).isotonic", shape: [2, nil])
            self = .isotonic(
                logits: Array(values.prefix(values.count / 2)), logOdds: Array(values.suffix(values.count / 2)))
        }
    }
}
