import Core

/// The names that namespaces, pointers and locks may have.
enum StoreName {
    /// - Throws: `invalidConfiguration` unless `name` is 1–200 ASCII letters, digits, `.`, `_` and `-`, and does not
    ///   begin with a dot (names become file names).
    static func check(_ name: String, kind: String) throws {
        let valid = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard valid, (1...200).contains(name.utf8.count), name.utf8.first != UInt8(ascii: ".") else {
            throw MartletError(
                .invalidConfiguration, "'\(name)' cannot be the name of a \(kind)",
                hint: "use 1–200 letters, digits, '.', '_' and '-', with something other than a dot in front")
        }
    }
}
