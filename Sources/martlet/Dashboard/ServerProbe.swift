import Dashboard
import Serving

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Looks whether the project's server is up, by one request to this machine that waits at most a third of a second.
struct ServerProbe {
    private let port: Int

    /// Nil where the server is not asked in plain HTTP, or takes whatever port is free.
    init?(_ serving: ServingConfiguration) {
        guard serving.certificate == nil, serving.port > 0,
            ["127.0.0.1", "0.0.0.0", "localhost"].contains(serving.host)
        else { return nil }
        port = serving.port
    }

    /// What was found.
    func check() -> HealthCheck {
        let place = "127.0.0.1:\(port)"
        guard let answer = ask() else {
            return HealthCheck(name: "Server", state: .warning, text: "nobody answers at \(place): martlet serve")
        }
        return answer.contains(" 200 ")
            ? HealthCheck(name: "Server", state: .ok, text: "answers requests at \(place)")
            : HealthCheck(name: "Server", state: .error, text: "at \(place) is not ready: \(answer)")
    }

    /// The first line of the answer to `GET /readyz`.
    private func ask() -> String? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var wait = timeval(tv_sec: 0, tv_usec: 300_000)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &wait, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { return nil }
        let request = Array("GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return String(decoding: bytes[..<count].prefix { $0 != 13 }, as: UTF8.self)
    }
}
