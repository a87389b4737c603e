import Core
import Foundation
import TestSupport

/// A connection of HTTP/1.1 over a plain socket: enough to be a good client, and free to be a bad one.
final class LoopbackConnection {
    struct Response {
        var status: Int
        var body: [UInt8]

        /// The body as JSON; null if it is none.
        var json: JSONValue { (try? JSONValue(parsing: String(decoding: body, as: UTF8.self))) ?? .null }
    }

    private let descriptor: Int32
    private var rest: [UInt8] = []

    /// Connects.
    ///
    /// - Parameter timeout: seconds until a receive or send gives up.
    init(port: Int, timeout: Int = 10) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: timeout, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        let status = LoopbackPort.withAddress(port) { connect(descriptor, $0, $1) }
        // What is thrown here closes the socket, too: all there is to set is set.
        guard status == 0 else { throw TestFault("nobody listens on \(port)") }
    }

    deinit { close(descriptor) }

    /// Asks and waits for the answer.
    func ask(_ method: String, _ path: String, body: String? = nil) throws -> Response {
        try send(Array(Self.request(method, path, body: body).utf8))
        return try receive()
    }

    /// A request as it goes over the wire.
    static func request(_ method: String, _ path: String, body: String? = nil) -> String {
        let length = body.map { "Content-Length: \($0.utf8.count)\r\n" } ?? ""
        return "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\(length)\r\n\(body ?? "")"
    }

    /// Sends bytes as they are.
    func send(_ bytes: [UInt8]) throws {
        var at = 0
        while at < bytes.count {
            let sent = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + at, $0.count - at, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { throw TestFault("the server takes no more: error \(errno)") }
            at += sent
        }
    }

    /// Says that nothing more will be sent; answers are still read.
    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Waits for an answer.
    func receive() throws -> Response {
        let end = Array("\r\n\r\n".utf8)
        var head: Int?
        while head == nil {
            head = rest.firstRange(of: end)?.upperBound
            if head == nil { try more() }
        }
        let lines = String(decoding: rest[..<head!], as: UTF8.self).components(separatedBy: "\r\n")
        guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw TestFault("no answer of HTTP: \(lines[0])")
        }
        let length =
            lines.first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) } ?? 0
        while rest.count < head! + length { try more() }
        defer { rest.removeFirst(head! + length) }
        return Response(status: status, body: Array(rest[head!..<head! + length]))
    }

    /// Whether the server ends the connection within the timeout; what it sends before is read and dropped.
    func isEnded() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 { return true }
            if count < 0 { return errno == ECONNRESET || errno == EPIPE }
        }
    }

    private func more() throws {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { throw TestFault(count == 0 ? "the server hung up" : "no answer in time") }
        rest.append(contentsOf: buffer[..<count])
    }
}
