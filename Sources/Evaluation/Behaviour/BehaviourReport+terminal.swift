extension BehaviourReport {
    /// The report as lines for a terminal: the verdict, findings, tests, and the slices that are served worst.
    ///
    /// - Parameter color: whether to colour what passed and what did not.
    public func terminalText(color: Bool) -> String {
        func mark(_ word: String, _ code: String) -> String { color ? "\u{1B}[\(code)m\(word)\u{1B}[0m" : word }
        let verdict =
            passes
            ? mark("may be published", "32")
            : mark("may not be published", "31") + ": \(failures.count) tests failed, \(blockers.count) findings block"
        var lines = ["\(title): \(model) \(verdict)"]
        if !findings.isEmpty { lines += ["", "Protocol"] }
        for finding in findings {
            lines.append((finding.severity == .stop ? mark("error ", "31") : mark("warn  ", "33")) + " " + finding.line)
            lines.append("         hint: \(finding.hint)")
        }
        lines += ["", "Tests"]
        for test in tests {
            let word =
                switch test.state {
                case .passed: mark("pass  ", "32")
                case .failed: mark("FAIL  ", "31")
                case .warned: mark("warn  ", "33")
                case .reported: "      "
                case .skipped: mark("skip  ", "2")
                }
            lines.append("\(word) \(test.line)")
        }
        lines += sliceLines
        return lines.joined(separator: "\n") + "\n"
    }

    private var sliceLines: [String] {
        let users = slices.filter { !$0.isOfItems }.sorted { $0.value.value < $1.value.value }
        guard !users.isEmpty else { return [] }
        let worst = users.prefix(5).map { slice in
            "       \(slice.name): \(metric) \(fixed(slice.value.value)) ± \(fixed(slice.value.margin)), "
                + "\(slice.count) users"
        }
        let empty = emptySlices.isEmpty ? [] : ["       nobody is in: \(emptySlices.joined(separator: ", "))"]
        return ["", "The slices that are served worst"] + worst + empty
    }
}
