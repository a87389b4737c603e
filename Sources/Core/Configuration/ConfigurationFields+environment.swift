import FoundationEssentials

extension ConfigurationFields {
    /// Puts environment variables in the place of `${env:NAME}`; one that is not set is reported.
    ///
    /// - Parameters:
    ///   - text: what stands under `key`.
    ///   - key: where faults are said to be.
    ///   - environment: the variables; the process's own unless a test has others.
    /// - Returns: the text, and the values that went into it, which no message may show.
    package func expand(
        _ text: String, of key: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> (text: String, secrets: [String]) {
        var (result, secrets) = ("", [String]())
        var rest = text[...]
        while let start = rest.firstRange(of: "${env:"), let end = rest[start.upperBound...].firstIndex(of: "}") {
            let variable = String(rest[start.upperBound..<end])
            result += rest[..<start.lowerBound]
            if let value = environment[variable] {
                result += value
                secrets.append(value)
            } else {
                diagnostics.report(
                    "'\(name(of: key))' needs the environment variable \(variable), which is not set",
                    hint: "export \(variable)=… before running martlet", at: location(of: key))
            }
            rest = rest[rest.index(after: end)...]
        }
        return (result + rest, secrets)
    }
}
