import Foundation
import Synchronization

/// A server on loopback that understands a few commands as RediSearch's documentation describes them.
package final class RediSearchStandIn: Sendable {
    private struct State {
        var hashes: [String: [String: [UInt8]]] = [:]
        var indexes: Set<String> = []
        var commands: [[[UInt8]]] = []
        var clients: [Int32] = []
    }

    package let port: Int
    private let protocolVersion: Int
    private let listener: Int32
    private let state = Mutex(State())

    package init(protocolVersion: Int) throws {
        self.protocolVersion = protocolVersion
        let port = LoopbackPort.free()
        self.port = port
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let bound = LoopbackPort.withAddress(port) { [listener] in bind(listener, $0, $1) }
        guard bound == 0, listen(listener, 16) == 0 else { throw TestFault("cannot listen on \(port)") }
        Thread.detachNewThread { [self] in
            while case let client = accept(listener, nil, nil), client >= 0 {
                Thread.detachNewThread { [self] in serve(client) }
            }
        }
    }

    /// What it was sent.
    package var commands: [[[UInt8]]] { state.withLock { $0.commands } }

    /// How many hashes there are whose names begin so.
    package func count(prefix: String) -> Int {
        state.withLock { $0.hashes.keys.count { $0.hasPrefix(prefix) } }
    }

    /// Forgets everything that it holds.
    package func clear() {
        state.withLock { state in
            state.hashes = [:]
            state.indexes = []
        }
    }

    /// Stops listening and breaks all connections.
    package func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        state.withLock { for client in $0.clients { shutdown(client, Int32(SHUT_RDWR)) } }
    }

    private func serve(_ client: Int32) {
        state.withLock { $0.clients.append(client) }
        var pending: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = recv(client, &buffer, buffer.count, 0), count > 0 {
            pending += buffer[..<count]
            while let (command, length) = Self.command(pending) {
                pending.removeFirst(length)
                let answer = state.withLock { state in
                    state.commands.append(command)
                    return self.answer(command, &state)
                }
                _ = answer.withUnsafeBytes { send(client, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL)) }
            }
        }
        state.withLock { $0.clients.removeAll { $0 == client } }
        close(client)
    }

    /// The first command: an array of bulk strings; nil if it is not whole yet.
    private static func command(_ bytes: [UInt8]) -> (words: [[UInt8]], length: Int)? {
        var at = 0
        func number(_ mark: Character) -> Int? {
            guard at < bytes.count, bytes[at] == mark.asciiValue,
                let end = bytes[at...].firstIndex(of: UInt8(ascii: "\r")), end + 1 < bytes.count
            else { return nil }
            defer { at = end + 2 }
            return Int(String(decoding: bytes[at + 1..<end], as: UTF8.self))
        }
        guard let count = number("*") else { return nil }
        var words: [[UInt8]] = []
        for _ in 0..<count {
            guard let length = number("$"), at + length + 2 <= bytes.count else { return nil }
            words.append(Array(bytes[at..<at + length]))
            at += length + 2
        }
        return (words, at)
    }

    private func answer(_ words: [[UInt8]], _ state: inout State) -> [UInt8] {
        let texts = words.map { String(decoding: $0, as: UTF8.self) }
        switch texts[0].uppercased() {
        case "HELLO":
            if protocolVersion == 2 { return Array("-ERR unknown command 'HELLO'\r\n".utf8) }
            return Array("%1\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n".utf8)
        case "INFO": return Self.bulk(Array("cluster_enabled:0".utf8))
        case "FT.CREATE":
            guard state.indexes.insert(texts[1]).inserted else {
                return Array("-Index already exists\r\n".utf8)
            }
            return Array("+OK\r\n".utf8)
        case "FT.DROPINDEX":
            guard state.indexes.remove(texts[1]) != nil else { return Array("-Unknown index name\r\n".utf8) }
            if texts.contains("DD") { state.hashes = state.hashes.filter { !$0.key.hasPrefix("\(texts[1]):") } }
            return Array("+OK\r\n".utf8)
        case "HSET":
            for place in stride(from: 2, to: words.count, by: 2) {
                state.hashes[texts[1], default: [:]][texts[place]] = words[place + 1]
            }
            return Array(":2\r\n".utf8)
        case "HGET": return state.hashes[texts[1]]?[texts[2]].map(Self.bulk) ?? Array("$-1\r\n".utf8)
        case "DEL":
            let count = texts.dropFirst().count { state.hashes.removeValue(forKey: $0) != nil }
            return Array(":\(count)\r\n".utf8)
        case "FT.SEARCH":
            guard state.indexes.contains(texts[1]) else { return Array("-No such index \(texts[1])\r\n".utf8) }
            return search(texts, words, state)
        default: return Array("-ERR unknown command '\(texts[0])'\r\n".utf8)
        }
    }

    private func search(_ texts: [String], _ words: [[UInt8]], _ state: State) -> [UInt8] {
        func option(_ name: String) -> Int? { texts.firstIndex(of: name) }
        var found = state.hashes.filter { $0.key.hasPrefix("\(texts[1]):") }.map { ($0.key, $0.value) }
            .sorted { $0.0 < $1.0 }
        let parts = texts[2].components(separatedBy: "=>[KNN ")
        // Numeric ranges, parted by bars.
        let ranges = parts[0].matches(of: /@key:\[(\d+) (\d+)\]/).map { Int($0.1)!...Int($0.2)! }
        if !parts[0].contains("*") {
            found = found.filter { hash in
                let key = Int(String(decoding: hash.1["key"]!, as: UTF8.self))!
                return ranges.contains { $0.contains(key) }
            }
        }
        if parts.count > 1, let place = option("PARAMS") {
            let query = Self.floats(words[place + 3])
            func distance(_ fields: [String: [UInt8]]) -> Float {
                1 - zip(query, Self.floats(fields["v"]!)).reduce(0) { $0 + $1.0 * $1.1 }
            }
            let count = Int(parts[1].prefix { $0 != " " })!
            found = Array(found.sorted { distance($0.1) < distance($1.1) }.prefix(count))
        }
        let total = found.count
        if let place = option("LIMIT") {
            found = Array(found.dropFirst(Int(texts[place + 1])!).prefix(Int(texts[place + 2])!))
        }
        let names =
            option("RETURN").map { place in texts[place + 2..<place + 2 + Int(texts[place + 1])!] } ?? []
        var answer =
            protocolVersion == 3
            ? "%2\r\n+total_results\r\n:\(total)\r\n+results\r\n*\(found.count)\r\n".utf8.map { $0 }
            : "*\(1 + 2 * found.count)\r\n:\(total)\r\n".utf8.map { $0 }
        for (id, fields) in found {
            let shown = names.filter { fields[$0] != nil }
            if protocolVersion == 3 {
                answer +=
                    Array("%2\r\n+id\r\n".utf8) + Self.bulk(Array(id.utf8))
                    + Array("+extra_attributes\r\n%\(shown.count)\r\n".utf8)
            } else {
                answer += Self.bulk(Array(id.utf8)) + Array("*\(2 * shown.count)\r\n".utf8)
            }
            for name in shown { answer += Self.bulk(Array(name.utf8)) + Self.bulk(fields[name]!) }
        }
        return answer
    }

    private static func bulk(_ bytes: [UInt8]) -> [UInt8] {
        Array("$\(bytes.count)\r\n".utf8) + bytes + [13, 10]
    }

    private static func floats(_ bytes: [UInt8]) -> [Float] {
        stride(from: 0, to: bytes.count, by: 4).map { place in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) })
        }
    }
}
