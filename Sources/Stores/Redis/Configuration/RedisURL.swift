import Core

/// `redis://user:password@host:port/database`; `rediss://` is encrypted.
struct RedisURL {
    var endpoint: RedisEndpoint
    var isEncrypted: Bool
    var username: String?
    var password: Secret?
    var database = 0

    /// - Throws: `invalidConfiguration`; the message holds no part of the text, which may hold a password.
    init(parsing text: String) throws(MartletError) {
        let scheme = text.prefix { $0 != ":" }
        guard ["redis", "rediss"].contains(scheme), text.dropFirst(scheme.count).hasPrefix("://") else {
            throw Self.fault("it begins with neither redis:// nor rediss://")
        }
        isEncrypted = scheme == "rediss"
        var rest = text.dropFirst(scheme.count + 3)
        if let at = rest.lastIndex(of: "@") {
            let credentials = rest[..<at]
            rest = rest[rest.index(after: at)...]
            let colon = credentials.firstIndex(of: ":") ?? credentials.endIndex
            let user = try Self.decode(credentials[..<colon])
            username = user.isEmpty ? nil : user
            if colon != credentials.endIndex {
                password = Secret(try Self.decode(credentials[credentials.index(after: colon)...]))
            }
        }
        if let slash = rest.firstIndex(of: "/") {
            let number = rest[rest.index(after: slash)...]
            rest = rest[..<slash]
            if !number.isEmpty {
                guard let database = Int(number), database >= 0 else {
                    throw Self.fault("after the / stands no number")
                }
                self.database = database
            }
        }
        var host = rest
        var port = 6379
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("]") {
            guard let number = Int(rest[rest.index(after: colon)...]), (1...65_535).contains(number) else {
                throw Self.fault("the port is no number in 1…65535")
            }
            port = number
            host = rest[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw Self.fault("there is no host") }
        endpoint = RedisEndpoint(host: String(host), port: port)
    }

    private static func decode(_ text: Substring) throws(MartletError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2 else {
                throw fault("after a % two hexadecimal digits must stand")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func fault(_ reason: String) -> MartletError {
        MartletError(
            .invalidConfiguration, "the address of the Redis server cannot be read: \(reason)",
            hint: "write redis://host:port or, for TLS, rediss://host:port; user and password can stand apart")
    }
}
