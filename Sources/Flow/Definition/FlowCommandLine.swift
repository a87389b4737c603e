import Core

/// `--name value`, `--name=value`, and words.
struct FlowCommandLine: Sendable {
    private(set) var options: [String: String] = [:]
    private(set) var words: [String] = []

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--") else {
                words.append(argument)
                continue
            }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let value = parts.count > 1 ? String(parts[1]) : rest.popFirst() else {
                throw MartletError(.invalidConfiguration, "'\(argument)' needs a value", hint: "\(argument) VALUE")
            }
            options[String(parts[0])] = value
        }
    }

    func option(_ name: String) -> String? { options[name] }
}
