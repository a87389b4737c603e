import Core

/// How much better one model is than another on the same users: the mean of the users' differences, which is known
/// more sharply than the two means, since easy users are easy for both.
public struct Comparison: Codable, Hashable, Sendable {
    /// The metric's name.
    public var metric: String
    /// The model that is compared.
    public var model: String
    /// The model that it is compared with.
    public var baseline: String
    /// The mean of model − baseline over users, with its 95 % interval.
    public var difference: Interval
    /// The difference as a share of the baseline's mean; nil if that is 0.
    public var relative: Double?

    /// What the interval says of the difference.
    public enum Verdict: String, Codable, Sendable {
        /// The whole interval lies above 0.
        case better
        /// The whole interval lies below 0.
        case worse
        /// The interval holds 0: these users can't tell.
        case undecided
    }

    /// What the interval says of the difference.
    public var verdict: Verdict { difference.low > 0 ? .better : difference.high < 0 ? .worse : .undecided }

    /// Compares two models that were measured on the same lists of users; nil if either lacks the metric, or was read
    /// from JSON, which doesn't keep single users' values.
    public init?(of model: ModelEvaluation, with baseline: ModelEvaluation, metric: String, seed: UInt64) {
        guard let ours = model.perUser[metric], let theirs = baseline.perUser[metric], ours.count == theirs.count else {
            return nil
        }
        self.metric = metric
        self.model = model.name
        self.baseline = baseline.name
        difference = Interval.means(of: [ArraySlice(zip(ours, theirs).map { $0 - $1 })], seed: seed)[0]
        relative = baseline.value(metric).flatMap { $0 > 0 ? difference.value / $0 : nil }
    }
}

extension Comparison: CustomStringConvertible {
    /// One sentence that says who is better, by how much, and how sure that is.
    public var description: String {
        let width = "95 % interval \(signed(difference.low)) … \(signed(difference.high))"
        let share = relative.map { ", \(signed($0 * 100, digits: 0)) %" } ?? ""
        return switch verdict {
        case .better: "\(model) beats \(baseline) on \(metric) by \(fixed(difference.value))\(share) (\(width))"
        case .worse:
            "\(model) does not beat \(baseline) on \(metric): it is \(fixed(-difference.value)) below\(share) (\(width))"
        case .undecided:
            "\(model) and \(baseline) can't be told apart on \(metric): the difference is "
                + "\(signed(difference.value)) (\(width))"
        }
    }
}

/// A number with a fixed count of decimals, whatever the locale.
package func fixed(_ value: Double, digits: Int = 4) -> String {
    guard value.isFinite else { return "–" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int((value.magnitude * scale).rounded())
    let whole = "\(scaled / Int(scale))"
    let sign = value < 0 && scaled > 0 ? "−" : ""
    guard digits > 0 else { return sign + whole }
    let fraction = "\(scaled % Int(scale))"
    return sign + whole + "." + String(repeating: "0", count: digits - fraction.count) + fraction
}

/// A number with its sign and a fixed count of decimals.
package func signed(_ value: Double, digits: Int = 4) -> String {
    let text = fixed(value, digits: digits)
    return value > 0 ? "+" + text : text
}
