/// A value of RESP3, the language that Redis answers in (RESP2 is a part of it).
package enum RESPValue: Hashable, Sendable {
    /// A short text such as `OK`.
    case simple([UInt8])
    /// An error: its first word is its code.
    case error(String)
    /// A 64-bit integer.
    case integer(Int64)
    /// A real number.
    case double(Double)
    /// A truth value.
    case boolean(Bool)
    /// An integer of any length, in digits.
    case bigNumber([UInt8])
    /// Bytes.
    case bulk([UInt8])
    /// Text for people; the three letters of its format are dropped.
    case verbatim([UInt8])
    /// No value.
    case null
    /// Values in order.
    case array([RESPValue])
    /// Values without order.
    case set([RESPValue])
    /// Keys and values, one after the other.
    case map([RESPValue])
    /// A message that answers no command.
    case push([RESPValue])
    /// The bytes of an array that nobody has taken apart; see ``RESPParser/nextUnparsed()``.
    case unparsed([UInt8])
}

extension RESPValue {
    /// The bytes of a bulk, simple or verbatim text.
    package var bytes: [UInt8]? {
        switch self {
        case .bulk(let bytes), .simple(let bytes), .verbatim(let bytes): bytes
        default: nil
        }
    }

    /// The text of a bulk, simple or verbatim text.
    package var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    /// The elements of an array, a set or a push message.
    package var elements: [RESPValue]? {
        switch self {
        case .array(let values), .set(let values), .push(let values): values
        default: nil
        }
    }

    /// The integer, or the integer that a text spells.
    package var integer: Int? {
        if case .integer(let value) = self { Int(value) } else { text.flatMap { Int($0) } }
    }

    /// The value under a key of a map (RESP3) or of an array of keys and values (RESP2).
    package func member(_ key: String) -> RESPValue? {
        let flat: [RESPValue]
        switch self {
        case .map(let values), .array(let values): flat = values
        default: return nil
        }
        return stride(from: 0, to: flat.count - 1, by: 2).first { flat[$0].text == key }.map { flat[$0 + 1] }
    }
}
