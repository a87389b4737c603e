/// The one liberty that Foundation's JSON reader takes with RFC 8259.
enum TrailingComma {
    /// Where a comma stands before a closing bracket or brace, counted in bytes from 0; nil if none does.
    ///
    /// - Parameter json: text that Foundation's reader accepts.
    /// - Complexity: O(bytes)
    static func position(in json: some Sequence<UInt8>) -> Int? {
        var comma: Int?
        var isInString = false
        var isEscaped = false
        for (position, byte) in json.enumerated() {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: ","): comma = position
            case UInt8(ascii: "]"), UInt8(ascii: "}"): if let comma { return comma }
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): break
            default:
                comma = nil
                isInString = byte == UInt8(ascii: "\"")
            }
        }
        return nil
    }
}
