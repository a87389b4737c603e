import Core

/// Which server holds which slot.
struct RedisTopology: Sendable {
    /// A server that takes writes.
    struct Primary: Sendable {
        var endpoint: RedisEndpoint
        /// How many live servers copy it.
        var replicas: Int
    }

    /// The servers that take writes.
    var primaries: [Primary]
    /// For each slot the place of its server in `primaries`, or -1. Empty where there is no cluster.
    var slots: [Int16]

    /// No server yet.
    init() {
        primaries = []
        slots = []
    }

    /// One server that holds everything.
    init(single endpoint: RedisEndpoint) {
        primaries = [Primary(endpoint: endpoint, replicas: 0)]
        slots = []
    }

    /// Reads the answer to `CLUSTER SLOTS`: `[[first, last, [host, port, id, …], replica, …], …]`.
    ///
    /// - Throws: `unavailable` if it is none.
    init(parsing answer: RESPValue, asked: RedisEndpoint) throws {
        if case .error(let text) = answer { throw RedisReply.explain(text, endpoint: asked) }
        primaries = []
        slots = Array(repeating: -1, count: RedisSlot.count)
        for range in answer.elements ?? [] {
            guard let parts = range.elements, parts.count >= 3, let first = parts[0].integer,
                let last = parts[1].integer,
                (0..<RedisSlot.count).contains(first), (first..<RedisSlot.count).contains(last),
                let node = parts[2].elements, node.count >= 2, let port = node[1].integer
            else {
                throw MartletError(.unavailable, "redis at \(asked) describes its cluster in an unknown way")
            }
            // No host, or `?`: the one that we asked knows no other name for itself.
            let name = node[0].text ?? ""
            let endpoint = RedisEndpoint(host: name.isEmpty || name == "?" ? asked.host : name, port: port)
            let place = place(of: endpoint)
            primaries[Int(place)].replicas = parts.count - 3
            for slot in first...last { slots[slot] = place }
        }
    }

    /// The place of a server in `primaries`; a new one is added.
    private mutating func place(of endpoint: RedisEndpoint) -> Int16 {
        if let place = primaries.firstIndex(where: { $0.endpoint == endpoint }) { return Int16(place) }
        primaries.append(Primary(endpoint: endpoint, replicas: 0))
        return Int16(primaries.count - 1)
    }

    /// The server of a slot, or nil if no server holds it.
    func primary(of slot: Int) -> Primary? {
        if slots.isEmpty { return primaries[0] }
        let place = slots[slot]
        return place < 0 ? nil : primaries[Int(place)]
    }

    /// Notes that a slot lives elsewhere than was thought.
    mutating func move(slot: Int, to endpoint: RedisEndpoint) {
        guard slots.indices.contains(slot) else { return }
        slots[slot] = place(of: endpoint)
    }

    /// Notes that the copies of a server do not answer.
    mutating func forgetReplicas(of endpoint: RedisEndpoint) {
        guard let place = primaries.firstIndex(where: { $0.endpoint == endpoint }) else { return }
        primaries[place].replicas = 0
    }
}
