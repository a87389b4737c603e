extension BehaviourReport {
    /// The report as JUnit XML, as continuous integration reads it: a test case for each test, and one for each rule of
    /// the protocol that was broken.
    public var junit: String {
        let cases = findings.map(testCase) + tests.map(testCase)
        let skipped = tests.count { $0.state == .skipped }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="\(xml(title))" tests="\(cases.count)" failures="\(failures.count + blockers.count)" \
            skipped="\(skipped)">
            <testsuite name="\(xml(model))" tests="\(cases.count)" failures="\(failures.count + blockers.count)" \
            errors="0" skipped="\(skipped)">
            \(cases.joined(separator: "\n"))
            </testsuite>
            </testsuites>

            """
    }

    private func testCase(_ test: BehaviourResult) -> String {
        let head = "<testcase classname=\"behaviour\" name=\"\(xml(test.test))\""
        switch test.state {
        case .failed:
            return head + "><failure type=\"\(xml(test.slice ?? test.test))\" message=\"\(xml(test.message))\">"
                + "\(xml(test.line))</failure></testcase>"
        case .skipped: return head + "><skipped message=\"\(xml(test.message))\"/></testcase>"
        case .warned: return head + "><system-err>\(xml("warning: " + test.line))</system-err></testcase>"
        case .passed, .reported: return head + "><system-out>\(xml(test.line))</system-out></testcase>"
        }
    }

    private func testCase(_ finding: ProtocolFinding) -> String {
        let head = "<testcase classname=\"protocol\" name=\"\(xml(finding.rule.rawValue + " " + finding.place))\">"
        let text = xml(finding.line + "\nhint: " + finding.hint)
        return finding.severity == .stop
            ? head
                + "<failure type=\"\(xml(finding.rule.rawValue))\" message=\"\(xml(finding.message))\">\(text)</failure>"
                + "</testcase>"
            : head + "<system-err>warning: \(text)</system-err></testcase>"
    }

    /// Text for XML: as for HTML, and without the control characters that XML has no way to write.
    private func xml(_ text: String) -> String {
        escaped(
            String(
                String.UnicodeScalarView(
                    text.unicodeScalars.map { scalar in
                        let isControl = scalar.value < 0x20 && !"\t\n\r".unicodeScalars.contains(scalar)
                        return isControl || scalar.value == 0xFFFE || scalar.value == 0xFFFF ? "\u{FFFD}" : scalar
                    })))
    }
}
