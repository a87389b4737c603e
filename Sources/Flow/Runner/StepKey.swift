import Core

/// The digest of everything that a step's result depends on.
///
/// `key = SHA-256(code version, parameters, fingerprint, inputs)`, where an input is the digests of a dependency's
/// artifacts and its value. So a step whose dependency was computed anew with the same outcome is itself unchanged. A
/// dependency that left neither artifact nor value counts with its own key: all that can be known of it.
enum StepKey {
    static func make(_ step: Step, inputs found: StepInputs) async throws -> String {
        let fingerprint = try await step.fingerprint?() ?? .null
        var inputs: [String: JSONValue] = [:]
        for name in found.names {
            guard let result = found.results[name] else {
                preconditionFailure("'\(name)' must finish before its dependents")
            }
            if result.artifacts.isEmpty && result.value == .null {
                inputs[name] = ["after": .string(result.key)]
            } else {
                inputs[name] = [
                    "artifacts": .object(
                        result.artifacts.mapValues { .string("\($0.kind.rawValue) \($0.digest.hex)") }),
                    "value": result.value,
                ]
            }
        }
        let content: JSONValue = [
            "step": .string(step.name), "code": .string(step.codeVersion), "parameters": step.parameters,
            "fingerprint": fingerprint, "inputs": .object(inputs),
        ]
        return Digest(of: content.description).hex
    }
}
