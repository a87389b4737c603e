/// A request as the pages see it, whatever server it came through.
package struct DashboardRequest: Sendable {
    var method: String
    /// The parts of the path below the dashboard's own, decoded: `["runs", "20261123-0117-ab12"]`.
    var path: [String]
    var query: Fields
    package var form = Fields()
    /// The key, as `Authorization: Bearer` or `X-API-Key` showed it.
    package var key: String?
    /// The session's cookie.
    package var cookie: String?

    /// Names and values of a query or a form, decoded.
    package struct Fields: Sendable {
        private(set) var pairs: [(name: String, value: String)] = []

        init() {}

        /// Reads `a=1&b=x%20y`; what is not valid is taken as it stands.
        package init(_ text: String) {
            pairs = text.split(separator: "&").map { pair in
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                return (
                    URLText.decoded(parts[0], plusIsSpace: true),
                    parts.count > 1 ? URLText.decoded(parts[1], plusIsSpace: true) : ""
                )
            }
        }

        /// The value of the first field of this name that is not empty.
        subscript(_ name: String) -> String? { pairs.first { $0.name == name && !$0.value.isEmpty }?.value }
    }

    /// Takes a request's target apart.
    ///
    /// - Parameter base: what the dashboard's own paths begin with.
    package init(method: String, target: String, base: String) {
        self.method = method
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts[0].hasPrefix(base) ? parts[0].dropFirst(base.count) : parts[0]
        self.path = path.split(separator: "/").map { URLText.decoded(String($0), plusIsSpace: false) }
        query = Fields(parts.count > 1 ? String(parts[1]) : "")
    }
}

/// Text in addresses.
enum URLText {
    /// Undoes percent-encoding; a `%` without two digits stands for itself, bytes that are no UTF-8 are replaced.
    static func decoded(_ text: String, plusIsSpace: Bool) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var at = 0
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count, let high = digit(bytes[at + 1]),
                let low = digit(bytes[at + 2])
            {
                result.append(high << 4 | low)
                at += 3
            } else {
                result.append(plusIsSpace && bytes[at] == UInt8(ascii: "+") ? UInt8(ascii: " ") : bytes[at])
                at += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Encodes everything but ASCII letters, digits and `-._~`.
    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return result
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
