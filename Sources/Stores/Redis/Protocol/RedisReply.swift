import Core

/// What an answer of a server means for what to do next.
enum RedisReply {
    /// Why a command was not carried out.
    enum Refusal {
        /// The slot lives elsewhere now.
        case moved(slot: Int, to: RedisEndpoint)
        /// The slot is moving, and this key is there already: ask once.
        case ask(RedisEndpoint)
        /// It will pass: a failover, a start, a slot that is moving.
        case later(String)
        /// It will not pass.
        case final(MartletError)
    }

    /// Reads an error; nil for any other answer. `endpoint` answered: `MOVED` with an empty host means its host.
    static func refusal(_ answer: RESPValue, endpoint: RedisEndpoint) -> Refusal? {
        guard case .error(let text) = answer else { return nil }
        let words = text.split(separator: " ", maxSplits: 3)
        switch words.first {
        case "MOVED":
            if words.count >= 3, let slot = Int(words[1]), let target = parse(words[2], asked: endpoint) {
                return .moved(slot: slot, to: target)
            }
        case "ASK":
            if words.count >= 3, let target = parse(words[2], asked: endpoint) { return .ask(target) }
        case "TRYAGAIN", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "READONLY", "NOREPLICAS": return .later(text)
        default: break
        }
        return .final(explain(text, endpoint: endpoint))
    }

    private static func parse(_ text: Substring, asked: RedisEndpoint) -> RedisEndpoint? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]) else { return nil }
        let host = text[..<colon]
        return RedisEndpoint(host: host.isEmpty ? asked.host : String(host), port: port)
    }

    /// An error of the server as an error that teaches. Redis's own texts hold no password.
    static func explain(_ text: String, endpoint: RedisEndpoint) -> MartletError {
        switch text.prefix(while: { $0 != " " }) {
        case "WRONGPASS", "NOAUTH", "NOPERM":
            return MartletError(
                .unauthorized, "redis at \(endpoint) refuses us: \(text)",
                hint: "check the store's username and password, and the user's rights (ACL GETUSER)")
        case "OOM":
            return MartletError(
                .outOfSpace, "redis at \(endpoint) is out of memory: \(text)",
                hint: "raise maxmemory, or keep fewer old versions")
        case "MISCONF":
            return MartletError(
                .outOfSpace, "redis at \(endpoint) cannot save to its disk: \(text)",
                hint: "free some space on the server's disk")
        case "READONLY":
            return MartletError(
                .unavailable, "redis at \(endpoint) is a replica: \(text)",
                hint: "name the primary, or set cluster: true")
        default:
            if text.contains("invalid password") || text.contains("without any password") {
                return MartletError(
                    .unauthorized, "redis at \(endpoint) refuses us: \(text)",
                    hint: "check the store's username and password")
            }
            return MartletError(.system, "redis at \(endpoint) answers: \(text)")
        }
    }
}
