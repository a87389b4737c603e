import Core
import HTTPTypes
import Hummingbird

/// The keys that callers show, compared in a time that does not depend on how much of a key was guessed right.
struct APIKeys: Sendable {
    private let keys: [[UInt8]]

    /// Makes a set of keys; none: everyone may call.
    init(_ keys: [String]) { self.keys = keys.map { Array($0.utf8) } }

    /// Reads the keys out of environment variables, several in one variable parted by commas.
    ///
    /// - Throws: `invalidConfiguration` if a variable is unset or empty, or a key is shorter than 16 characters, the
    ///   least that cannot be guessed by trying.
    init(variables: [String], environment: [String: String]) throws {
        var keys: [String] = []
        for variable in variables {
            let found = (environment[variable] ?? "").split(separator: ",").map { part in
                String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }.filter { !$0.isEmpty }
            guard !found.isEmpty else {
                throw MartletError(
                    .invalidConfiguration, "the environment variable \(variable) holds no API key",
                    hint: "set it, for example: export \(variable)=$(openssl rand -hex 24)")
            }
            guard found.allSatisfy({ $0.utf8.count >= 16 }) else {
                throw MartletError(
                    .invalidConfiguration, "the environment variable \(variable) holds a key of under 16 characters",
                    hint: "make a longer one, for example: openssl rand -hex 24")
            }
            keys += found
        }
        self.init(keys)
    }

    /// Whether callers need a key.
    var areRequired: Bool { !keys.isEmpty }

    /// Lets a request in that carries one of the keys as `Authorization: Bearer` or `X-API-Key`.
    ///
    /// - Throws: a 401 problem.
    func check(_ headers: HTTPFields) throws(Problem) {
        guard areRequired else { return }
        guard let shown = Self.shown(in: headers) else {
            throw Problem(
                .unauthorized, "missing-key", "this server asks for an API key and the request shows none",
                hint: "send the header 'Authorization: Bearer KEY' or 'X-API-Key: KEY'")
        }
        guard accepts(shown) else {
            throw Problem(
                .unauthorized, "wrong-key", "the API key is not one that this server knows",
                hint: "check the key against the server's environment")
        }
    }

    /// Whether `shown` is one of the keys. O(keys × |shown|), whichever bytes differ.
    func accepts(_ shown: String) -> Bool {
        let shown = Array(shown.utf8)
        var known: UInt8 = 0
        for key in keys {
            var difference = UInt(bitPattern: key.count ^ shown.count)
            for (index, byte) in shown.enumerated() { difference |= UInt(byte ^ key[index % key.count]) }
            known |= difference == 0 ? 1 : 0
        }
        return known == 1
    }

    private static func shown(in headers: HTTPFields) -> String? {
        if let key = headers[.apiKey] { return key }
        guard let authorization = headers[.authorization] else { return nil }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }
}

extension HTTPField.Name {
    static let apiKey = HTTPField.Name("X-API-Key")!
    static let requestID = HTTPField.Name("X-Request-ID")!
    static let traceParent = HTTPField.Name("traceparent")!
    static let traceResponse = HTTPField.Name("traceresponse")!
}
