extension ExperimentReport {
    /// The report as text for a terminal.
    public var terminalText: String {
        var lines = [experiment]
        if !variants.isEmpty {
            var rows = [["  variant", "users", "answers", "impressions"] + metrics]
            for variant in variants {
                rows.append(
                    ["  \(variant.name)", "\(variant.users)", "\(variant.answers)", "\(variant.impressions)"]
                        + metrics.map { metric in variant.metrics[metric].map { fixed($0.value) } ?? "–" })
            }
            lines += Self.aligned(rows)
        }
        if let sampleRatio {
            lines.append(
                "  sample ratio: \(sampleRatio.passes ? "as promised" : "MISMATCH") (χ² \(fixed(sampleRatio.statistic, digits: 2)), p \(small(sampleRatio.pValue)))"
            )
        }
        if !comparisons.isEmpty {
            var rows = [
                [
                    "  against \(comparisons[0].control)", "metric", "lift", "95 % interval", "p", "p (Holm)",
                    "at any time", "p",
                ]
            ]
            for comparison in comparisons {
                let lift = comparison.lift
                rows.append([
                    "  \(comparison.variant)", comparison.metric,
                    lift.map { percent($0.value) } ?? signed(comparison.difference.value),
                    lift.map { "\(percent($0.low)) … \(percent($0.high))" }
                        ?? "\(signed(comparison.difference.low)) … \(signed(comparison.difference.high))",
                    small(comparison.pValue), small(comparison.adjustedPValue),
                    "\(signed(comparison.sequential.low)) … \(signed(comparison.sequential.high))",
                    small(comparison.sequentialPValue),
                ])
            }
            lines += Self.aligned(rows)
        }
        for found in interleaving {
            lines.append(
                "  \(found.metric): \(found.votes[1]) users prefer \(found.variants[1]), \(found.votes[0]) \(found.variants[0]), "
                    + "\(found.votes[2]) neither; preference \(signed(found.preference.value)) "
                    + "(95 % interval \(signed(found.preference.low)) … \(signed(found.preference.high)), p \(small(found.pValue)), "
                    + "at any time \(signed(found.sequential.low)) … \(signed(found.sequential.high)))")
        }
        lines += notes.map { "  · \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Rows of cells as lines, the first column to the left and the others to the right.
    static func aligned(_ rows: [[String]]) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let spaces = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + spaces : spaces + cell
            }.joined(separator: "  ")
        }
    }
}

extension OffPolicyEstimate {
    /// The estimate as lines of a terminal.
    ///
    /// - Parameters:
    ///   - name: the pipeline that was not shown.
    ///   - metric: what is earned.
    public func terminalText(_ name: String, metric: String) -> String {
        func cells(_ interval: Interval) -> String {
            "\(fixed(interval.value)) (\(fixed(interval.low)) … \(fixed(interval.high)))"
        }
        var rows = [["  \(metric) an answer", "value (95 % interval)", "less what was shown"]]
        rows.append(["  shown", cells(shown), ""])
        for (rule, value) in [("IPS", ips), ("SNIPS", snips), ("doubly robust", doublyRobust)] {
            rows.append(["  \(name), \(rule)", cells(value.value), cells(value.difference)])
        }
        let foot =
            "  \(answers) answers to \(users) users, worth \(fixed(effectiveAnswers, digits: 0)) for this pipeline; "
            + "mean weight \(fixed(meanWeight, digits: 2)), largest \(fixed(largestWeight, digits: 1))"
        return (ExperimentReport.aligned(rows) + [foot]).joined(separator: "\n") + "\n"
    }
}

/// A share as a percentage with its sign.
private func percent(_ share: Double) -> String { "\(signed(share * 100, digits: 1)) %" }

/// A p-value with as many digits as tell something.
func small(_ value: Double) -> String { value < 0.0001 ? "< 0.0001" : fixed(value, digits: value < 0.01 ? 4 : 3) }
