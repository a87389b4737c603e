import Foundation

/// Ports of this machine's own interface.
package enum LoopbackPort {
    /// A port on which nobody listens, and neither on the one 10,000 above it, where a cluster's nodes talk; both below
    /// 32,768, where Linux begins to give out ports by itself.
    package static func free() -> Int {
        while true {
            let port = Int.random(in: 12_000..<22_000)
            let isFree = [port, port + 10_000].allSatisfy { port in
                withSocket(port) { descriptor, address, length in bind(descriptor, address, length) == 0 }
            }
            if isFree { return port }
        }
    }

    /// Whether somebody listens.
    package static func listens(_ port: Int) -> Bool {
        withSocket(port) { descriptor, address, length in connect(descriptor, address, length) == 0 }
    }

    private static func withSocket(
        _ port: Int, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool
    ) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        return withAddress(port) { body(descriptor, $0, $1) }
    }

    /// Hands over 127.0.0.1 with the port.
    package static func withAddress<Result>(
        _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
