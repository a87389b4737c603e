import Core
import Crypto
import FoundationEssentials

/// The key that opens the dashboard, and what browsers carry instead of it.
///
/// A browser that showed the key once gets a cookie `EXPIRY.MAC` with `MAC = HMAC-SHA256(key, "session." + EXPIRY)`, and
/// its forms carry `HMAC-SHA256(key, "form." + cookie)`: another site can make the browser send the cookie, and cannot
/// know the form's token. Nothing is kept, so a restart signs nobody out. Source: Krawczyk, Bellare, Canetti, RFC 2104.
public struct AdminKey: Sendable {
    /// How long a browser stays signed in, in seconds.
    static let lifetime = 12 * 3600

    private let key: SymmetricKey
    private let digest: [UInt8]

    /// Takes a key.
    ///
    /// - Throws: `invalidConfiguration` if it is shorter than 16 characters, the least that cannot be guessed by trying.
    public init(_ text: String) throws {
        guard text.utf8.count >= 16 else {
            throw MartletError(
                .invalidConfiguration, "the dashboard's key has \(text.utf8.count) characters, at least 16 are needed",
                hint: "make a longer one, for example: openssl rand -hex 24")
        }
        key = SymmetricKey(data: Data(text.utf8))
        digest = Array(SHA256.hash(data: Data(text.utf8)))
    }

    /// A new key of 192 random bits, in hexadecimal digits.
    public static func make() -> String {
        var random = SystemRandomNumberGenerator()
        return (0..<3).map { _ in
            let digits = String(random.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// Whether `text` is the key; the time does not depend on how much of it is right.
    package func accepts(_ text: String) -> Bool {
        var difference: UInt8 = 0
        for (ours, theirs) in zip(digest, SHA256.hash(data: Data(text.utf8))) { difference |= ours ^ theirs }
        return difference == 0
    }

    /// A cookie for a browser that showed the key.
    package func cookie(now: Double) -> String {
        let expiry = String(Int(now) + Self.lifetime)
        return "\(expiry).\(mac("session.\(expiry)"))"
    }

    /// Whether a cookie is one of ours and has not run out.
    package func accepts(cookie: String, now: Double) -> Bool {
        let parts = cookie.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let expiry = Int(parts[0]), Double(expiry) > now else { return false }
        return isMac(parts[1], of: "session.\(parts[0])")
    }

    /// What a form must carry.
    package func formToken(cookie: String) -> String { mac("form.\(cookie)") }

    /// Whether a form carries what it must.
    package func accepts(formToken: String, cookie: String) -> Bool { isMac(formToken, of: "form.\(cookie)") }

    private func mac(_ text: String) -> String {
        HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    private func isMac(_ hex: String, of text: String) -> Bool {
        var difference: UInt8 = hex.utf8.count == 64 ? 0 : 1
        for (ours, theirs) in zip(mac(text).utf8, hex.utf8) { difference |= ours ^ theirs }
        return difference == 0
    }
}
