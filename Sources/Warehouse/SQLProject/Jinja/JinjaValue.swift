import Core

/// A value while a template runs. Lists, mappings and objects are shared, as they are in Jinja.
enum JinjaValue {
    /// Something that does not exist; the text is how an error calls it.
    case undefined(String)
    case none
    case bool(Bool)
    case integer(Int)
    case real(Double)
    case string(String)
    case list(JinjaList)
    case mapping(JinjaMapping)
    case function(JinjaFunction)
    case object(any JinjaObject)
}

/// A list that several names can share.
final class JinjaList {
    var items: [JinjaValue]
    let isTuple: Bool

    init(_ items: [JinjaValue], isTuple: Bool = false) {
        self.items = items
        self.isTuple = isTuple
    }
}

/// A mapping in the order of insertion that several names can share.
final class JinjaMapping {
    private(set) var entries: [(key: JinjaValue, value: JinjaValue)] = []
    private var places: [String: Int] = [:]

    init(_ entries: [(key: JinjaValue, value: JinjaValue)] = []) {
        for entry in entries { self[entry.key] = entry.value }
    }

    convenience init(_ entries: KeyValuePairs<String, JinjaValue>) {
        self.init(entries.map { (.string($0.key), $0.value) })
    }

    subscript(_ key: JinjaValue) -> JinjaValue? {
        get { places[key.identity].map { entries[$0].value } }
        set {
            let identity = key.identity
            if let place = places[identity] {
                if let newValue {
                    entries[place].value = newValue
                } else {
                    entries.remove(at: place)
                    places = [:]
                    for (index, entry) in entries.enumerated() { places[entry.key.identity] = index }
                }
            } else if let newValue {
                places[identity] = entries.count
                entries.append((key, newValue))
            }
        }
    }

    subscript(_ key: String) -> JinjaValue? {
        get { self[.string(key)] }
        set { self[.string(key)] = newValue }
    }
}

/// Something with attributes that may be called or written: `target`, `this`, `adapter`, `loop`.
protocol JinjaObject: AnyObject {
    /// How the object is written into SQL.
    var text: String { get }
    /// The attributes' names, for hints.
    var attributeNames: [String] { get }
    /// The attribute, or nil if there is none.
    func attribute(_ name: String) -> JinjaValue?
    /// Sets an attribute. False if the object cannot be changed.
    func set(_ name: String, to value: JinjaValue) -> Bool
    /// What a call of the object itself does, or nil if it cannot be called.
    var callable: JinjaFunction? { get }
}

extension JinjaObject {
    func set(_ name: String, to value: JinjaValue) -> Bool { false }
    var callable: JinjaFunction? { nil }
}

/// A function a template can call.
struct JinjaFunction {
    var name: String
    var body: (inout JinjaCall) throws -> JinjaValue
}

/// The attributes of `namespace(…)`, which loops may change.
final class JinjaNamespace: JinjaObject {
    private var values: JinjaMapping

    init(_ values: JinjaMapping) { self.values = values }

    var text: String { "namespace" }
    var attributeNames: [String] { values.entries.map(\.key.text) }
    func attribute(_ name: String) -> JinjaValue? { values[name] }
    func set(_ name: String, to value: JinjaValue) -> Bool {
        values[name] = value
        return true
    }
}

/// A fixed set of attributes.
final class JinjaRecord: JinjaObject {
    let text: String
    private let values: KeyValuePairs<String, JinjaValue>
    let callable: JinjaFunction?

    init(_ text: String, _ values: KeyValuePairs<String, JinjaValue>, callable: JinjaFunction? = nil) {
        self.text = text
        self.values = values
        self.callable = callable
    }

    var attributeNames: [String] { values.map(\.key) }
    func attribute(_ name: String) -> JinjaValue? { values.first { $0.key == name }?.value }
}

// MARK: - What values are

extension JinjaValue {
    /// Whether the value counts as true.
    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .real(let value): value != 0
        case .string(let value): !value.isEmpty
        case .list(let list): !list.items.isEmpty
        case .mapping(let mapping): !mapping.entries.isEmpty
        case .function, .object: true
        }
    }

    /// The value as it is written into SQL.
    var text: String {
        switch self {
        case .undefined: ""
        case .none: "None"
        case .bool(let value): value ? "True" : "False"
        case .integer(let value): String(value)
        case .real(let value): "\(value)"
        case .string(let value): value
        case .list(let list):
            list.isTuple
                ? "(" + list.items.map(\.quoted).joined(separator: ", ") + (list.items.count == 1 ? ",)" : ")")
                : "[" + list.items.map(\.quoted).joined(separator: ", ") + "]"
        case .mapping(let mapping):
            "{" + mapping.entries.map { "\($0.key.quoted): \($0.value.quoted)" }.joined(separator: ", ") + "}"
        case .function(let function): function.name
        case .object(let object): object.text
        }
    }

    /// The value as it stands inside a written list: text in quotes.
    private var quoted: String {
        guard case .string(let value) = self else { return text }
        return value.contains("'") && !value.contains("\"")
            ? "\"\(value)\"" : "'" + value.replacing("'", with: "\\'") + "'"
    }

    /// What tells this value from others as a key of a mapping; 1, 1.0 and true are the same key.
    var identity: String {
        switch self {
        case .bool(let value): value ? "n1" : "n0"
        case .integer(let value): "n\(value)"
        case .real(let value): Int(exactly: value).map { "n\($0)" } ?? "n\(value)"
        case .string(let value): "s" + value
        case .none: "none"
        case .list(let list): "(" + list.items.map(\.identity).joined(separator: ",") + ")"
        default: "o" + text
        }
    }

    /// How an error calls the kind of value.
    var kind: String {
        switch self {
        case .undefined: "nothing"
        case .none: "none"
        case .bool: "a truth value"
        case .integer: "a whole number"
        case .real: "a number"
        case .string: "text"
        case .list(let list): list.isTuple ? "a tuple" : "a list"
        case .mapping: "a mapping"
        case .function: "a function"
        case .object(let object): "the object '\(object.text)'"
        }
    }

    /// The value as a number; truth values count 1 and 0.
    var number: Double? {
        switch self {
        case .bool(let value): value ? 1 : 0
        case .integer(let value): Double(value)
        case .real(let value): value
        default: nil
        }
    }

    /// The value as a whole number; truth values count 1 and 0.
    var wholeNumber: Int? {
        switch self {
        case .bool(let value): value ? 1 : 0
        case .integer(let value): value
        default: nil
        }
    }

    /// The text, if this is text.
    var string: String? { if case .string(let value) = self { value } else { nil } }

    /// Whether the value exists.
    var isDefined: Bool { if case .undefined = self { false } else { true } }

    /// The elements a loop runs over, or nil: a mapping gives its keys, text its characters.
    var elements: [JinjaValue]? {
        switch self {
        case .list(let list): list.items
        case .mapping(let mapping): mapping.entries.map(\.key)
        case .string(let text): text.map { .string(String($0)) }
        case .object(let object as any JinjaSequence): object.elements
        default: nil
        }
    }

    /// Whether two values are equal: numbers by value, containers by content.
    func equals(_ other: JinjaValue) -> Bool {
        switch (self, other) {
        case (.undefined, .undefined), (.none, .none): return true
        case (.string(let a), .string(let b)): return a == b
        case (.list(let a), .list(let b)):
            return a.items.count == b.items.count && zip(a.items, b.items).allSatisfy { $0.equals($1) }
        case (.mapping(let a), .mapping(let b)):
            return a.entries.count == b.entries.count
                && a.entries.allSatisfy { entry in b[entry.key].map { $0.equals(entry.value) } ?? false }
        case (.object(let a), .object(let b)): return a === b || (a.text == b.text && type(of: a) == type(of: b))
        default:
            if let a = number, let b = other.number { return a == b }
            return false
        }
    }

    /// Whether this comes before `other`, or nil if the two have no order.
    func isLess(than other: JinjaValue) -> Bool? {
        if let a = number, let b = other.number { return a < b }
        if case .string(let a) = self, case .string(let b) = other {
            return a.unicodeScalars.lexicographicallyPrecedes(b.unicodeScalars)
        }
        if case .list(let a) = self, case .list(let b) = other {
            for (left, right) in zip(a.items, b.items) where !left.equals(right) { return left.isLess(than: right) }
            return a.items.count < b.items.count
        }
        return nil
    }
}

/// An object a loop can run over.
protocol JinjaSequence: JinjaObject {
    var elements: [JinjaValue] { get }
}

// MARK: - From JSON

extension JinjaValue {
    /// The value of a project's variable.
    init(_ json: JSONValue) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(Int(value))
        case .number(let value): self = .real(value)
        case .string(let value): self = .string(value)
        case .array(let values): self = .list(JinjaList(values.map { JinjaValue($0) }))
        case .object(let members):
            self = .mapping(JinjaMapping(members.keys.sorted().map { (.string($0), JinjaValue(members[$0]!)) }))
        }
    }

    /// The value as JSON; functions and objects become their text.
    var json: JSONValue {
        switch self {
        case .undefined, .none: .null
        case .bool(let value): .bool(value)
        case .integer(let value): .integer(Int64(value))
        case .real(let value): .number(value)
        case .string(let value): .string(value)
        case .list(let list): .array(list.items.map(\.json))
        case .mapping(let mapping):
            .object(Dictionary(mapping.entries.map { ($0.key.text, $0.value.json) }) { _, last in last })
        case .function, .object: .string(text)
        }
    }
}
