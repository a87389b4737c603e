import Core
import FoundationEssentials

/// A value as `feast serve` writes and takes it: bytes in base 64, moments in seconds, numbers without end as text.
extension FeatureValue {
    /// Reads a value of a declared type.
    ///
    /// Moments are seconds, or text as RFC 3339 writes it; `NaN`, `Infinity` and `-Infinity` are text, for JSON has no
    /// such numbers.
    ///
    /// - Throws: `invalidData` for a value of another type, or one that the type cannot hold.
    public init(_ json: JSONValue, as type: FeatureType) throws(MartletError) {
        if case .null = json {
            self = .null
            return
        }
        guard type.isList else {
            self = try Self.scalar(json, type)
            return
        }
        guard let elements = json.array else { throw Self.mismatch(json, type) }
        var values: [FeatureValue] = []
        values.reserveCapacity(elements.count)
        for element in elements {
            let value = try Self.scalar(element, type.element)
            guard value != .null else { throw Self.mismatch(element, type.element) }
            values.append(value)
        }
        guard let list = FeatureValue(values, as: type) else { throw Self.mismatch(json, type) }
        self = list
    }

    private static func scalar(_ json: JSONValue, _ type: FeatureType) throws(MartletError) -> FeatureValue {
        switch (type, json) {
        case (.string, .string(let text)): return .string(text)
        case (.bytes, .string(let text)):
            if let data = Data(base64Encoded: text) { return .bytes(Array(data)) }
        case (.bool, .bool(let value)): return .bool(value)
        case (.int32, _): if let value = whole(json).flatMap({ Int32(exactly: $0) }) { return .int32(value) }
        case (.int64, _): if let value = whole(json) { return .int64(value) }
        case (.unixTimestamp, .string(let text)):
            if let moment = FeatureTimestamp(parsing: text) { return .unixTimestamp(moment.seconds) }
        case (.unixTimestamp, _): if let value = whole(json) { return .unixTimestamp(value) }
        case (.double, _): if let value = real(json) { return .double(value) }
        case (.float, _):
            // A number that no float can hold is no float; infinity must be written as such.
            if let value = real(json), Float(value).isFinite || !value.isFinite { return .float(Float(value)) }
        default: break
        }
        throw mismatch(json, type)
    }

    private static func whole(_ json: JSONValue) -> Int64? {
        switch json {
        case .integer(let value): value
        case .number(let value): Int64(exactly: value)
        default: nil
        }
    }

    private static func real(_ json: JSONValue) -> Double? {
        switch json {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .string("NaN"): .nan
        case .string("Infinity"): .infinity
        case .string("-Infinity"): -.infinity
        default: nil
        }
    }

    private static func mismatch(_ json: JSONValue, _ type: FeatureType) -> MartletError {
        let found = json.description
        let hint =
            switch type {
            case .bytes: "bytes are written in base 64"
            case .unixTimestamp: "moments are seconds since 1970, or text such as 2026-11-24T09:30:00Z"
            case .int32: "an int32 lies in \(Int32.min)…\(Int32.max) and has no fraction"
            case .float, .double: "what is no number is written \"NaN\", \"Infinity\" or \"-Infinity\""
            default: "write \(type.rawValue), or null"
            }
        return MartletError(
            .invalidData, "expected \(type.rawValue), found \(found.count > 60 ? "\(found.prefix(57))…" : found)",
            hint: hint)
    }

    /// Appends the value as JSON.
    public func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bytes(let value): JSONValue.quote(Data(value).base64EncodedString(), to: &text)
        case .string(let value): JSONValue.quote(value, to: &text)
        case .int32(let value): text += String(value)
        case .int64(let value), .unixTimestamp(let value): text += String(value)
        case .bool(let value): text += value ? "true" : "false"
        case .double(let value): Self.write(value, to: &text)
        case .float(let value): Self.write(Double(value), to: &text)
        case .bytesList(let values):
            Self.write(values, to: &text) { JSONValue.quote(Data($0).base64EncodedString(), to: &$1) }
        case .stringList(let values): Self.write(values, to: &text) { JSONValue.quote($0, to: &$1) }
        case .int32List(let values): Self.write(values, to: &text) { $1 += String($0) }
        case .int64List(let values), .unixTimestampList(let values):
            Self.write(values, to: &text) { $1 += String($0) }
        case .boolList(let values): Self.write(values, to: &text) { $1 += $0 ? "true" : "false" }
        case .doubleList(let values): Self.write(values, to: &text) { Self.write($0, to: &$1) }
        case .floatList(let values): Self.write(values, to: &text) { Self.write(Double($0), to: &$1) }
        }
    }

    /// The value as JSON.
    public var json: JSONValue {
        switch self {
        case .null: .null
        case .bytes(let value): .string(Data(value).base64EncodedString())
        case .string(let value): .string(value)
        case .int32(let value): .integer(Int64(value))
        case .int64(let value), .unixTimestamp(let value): .integer(value)
        case .bool(let value): .bool(value)
        case .double(let value): Self.json(value)
        case .float(let value): Self.json(Double(value))
        case .bytesList(let values): .array(values.map { .string(Data($0).base64EncodedString()) })
        case .stringList(let values): .array(values.map { .string($0) })
        case .int32List(let values): .array(values.map { .integer(Int64($0)) })
        case .int64List(let values), .unixTimestampList(let values): .array(values.map { .integer($0) })
        case .boolList(let values): .array(values.map { .bool($0) })
        case .doubleList(let values): .array(values.map { Self.json($0) })
        case .floatList(let values): .array(values.map { Self.json(Double($0)) })
        }
    }

    private static func json(_ value: Double) -> JSONValue {
        value.isFinite ? .number(value) : .string(name(of: value))
    }

    private static func write(_ value: Double, to text: inout String) {
        if value.isFinite {
            text += value.description
        } else {
            text += "\"\(name(of: value))\""
        }
    }

    private static func name(of value: Double) -> String {
        value.isNaN ? "NaN" : value > 0 ? "Infinity" : "-Infinity"
    }

    private static func write<Element>(
        _ values: [Element], to text: inout String, _ body: (Element, inout String) -> Void
    ) {
        text += "["
        for (index, value) in values.enumerated() {
            if index > 0 { text += "," }
            body(value, &text)
        }
        text += "]"
    }
}
