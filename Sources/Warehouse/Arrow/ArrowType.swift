import CADBC
import Core

/// An Arrow column type that Martlet can read, parsed from its format string.
indirect enum ArrowType: Equatable {
    case null, bool, half
    /// Integers of `bytes` width.
    case integer(bytes: Int, signed: Bool)
    case float, double
    /// UTF-8 or plain bytes, with 32-bit or 64-bit offsets.
    case text(wide: Bool)
    case textView
    case fixedBytes(Int)
    /// Moments, days and lengths of time: `bytes` wide, one unit being `scale` microseconds, or `1 / -scale` of one.
    case time(bytes: Int, scale: Int, isMoment: Bool)
    case decimal(bits: Int, precision: Int, scale: Int)
    /// Lists of elements; `size` where every row has as many.
    case list(ArrowType, wide: Bool, size: Int?)
    case dictionary(index: ArrowType, value: ArrowType)

    /// Reads a driver's description of a column.
    ///
    /// - Throws: `invalidData` for structures, maps and what else a recommender has no use for.
    init(_ schema: ArrowSchema, column: String) throws {
        var plain = schema
        if let dictionary = schema.dictionary {
            plain.dictionary = nil
            self = .dictionary(
                index: try ArrowType(plain, column: column), value: try ArrowType(dictionary.pointee, column: column))
            return
        }
        let format = schema.format.map { String(cString: $0) } ?? ""
        func child() throws -> ArrowType {
            guard schema.n_children == 1, let child = schema.children?[0] else {
                throw MartletError(.invalidData, "column '\(column)' is a list without an element type")
            }
            return try ArrowType(child.pointee, column: column)
        }
        let pieces = format.split(separator: ":", maxSplits: 1).map(String.init)
        switch pieces.first ?? "" {
        case "n": self = .null
        case "b": self = .bool
        case "c": self = .integer(bytes: 1, signed: true)
        case "C": self = .integer(bytes: 1, signed: false)
        case "s": self = .integer(bytes: 2, signed: true)
        case "S": self = .integer(bytes: 2, signed: false)
        case "i": self = .integer(bytes: 4, signed: true)
        case "I": self = .integer(bytes: 4, signed: false)
        case "l": self = .integer(bytes: 8, signed: true)
        case "L": self = .integer(bytes: 8, signed: false)
        case "e": self = .half
        case "f": self = .float
        case "g": self = .double
        case "u", "z": self = .text(wide: false)
        case "U", "Z": self = .text(wide: true)
        case "vu", "vz": self = .textView
        case "w": self = .fixedBytes(Int(pieces.last ?? "") ?? 0)
        case "tdD": self = .time(bytes: 4, scale: 86_400_000_000, isMoment: true)
        case "tdm": self = .time(bytes: 8, scale: 1000, isMoment: true)
        case "tss": self = .time(bytes: 8, scale: 1_000_000, isMoment: true)
        case "tsm": self = .time(bytes: 8, scale: 1000, isMoment: true)
        case "tsu": self = .time(bytes: 8, scale: 1, isMoment: true)
        case "tsn": self = .time(bytes: 8, scale: -1000, isMoment: true)
        case "tts": self = .time(bytes: 4, scale: 1_000_000, isMoment: false)
        case "ttm": self = .time(bytes: 4, scale: 1000, isMoment: false)
        case "ttu", "tDu": self = .time(bytes: 8, scale: 1, isMoment: false)
        case "ttn", "tDn": self = .time(bytes: 8, scale: -1000, isMoment: false)
        case "tDs": self = .time(bytes: 8, scale: 1_000_000, isMoment: false)
        case "tDm": self = .time(bytes: 8, scale: 1000, isMoment: false)
        case "d":
            let numbers = (pieces.count > 1 ? pieces[1] : "").split(separator: ",").compactMap { Int($0) }
            guard numbers.count >= 2, numbers.count == 2 || numbers[2] == 128 else {
                throw Self.unsupported(format, column: column)
            }
            self = .decimal(bits: 128, precision: numbers[0], scale: numbers[1])
        case "+l": self = .list(try child(), wide: false, size: nil)
        case "+L": self = .list(try child(), wide: true, size: nil)
        case "+w": self = .list(try child(), wide: false, size: Int(pieces.last ?? "") ?? 0)
        default: throw Self.unsupported(format, column: column)
        }
        if case .list(.list, _, _) = self { throw Self.unsupported("list of lists", column: column) }
    }

    /// The type of the values once read.
    var elementType: ElementType {
        switch self {
        case .null, .text, .textView, .fixedBytes: .string
        case .bool: .bool
        case .half, .float: .float32
        case .double: .float64
        case .integer(let bytes, let signed): bytes < 4 || bytes == 4 && signed ? .int32 : .int64
        case .time(_, _, let isMoment): isMoment ? .timestamp : .int64
        case .decimal(_, _, let scale): scale == 0 ? .int64 : .float64
        case .list(let element, _, _): element.elementType
        case .dictionary(_, let value): value.elementType
        }
    }

    /// Whether each row holds a list.
    var isList: Bool { if case .list = self { true } else { false } }

    private static func unsupported(_ format: String, column: String) -> MartletError {
        MartletError(
            .invalidData, "column '\(column)' has the Arrow type '\(format)', which Martlet does not read",
            hint: "cast it in SQL, for instance CAST(\(column) AS VARCHAR)")
    }
}
