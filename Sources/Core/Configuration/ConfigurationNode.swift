import Yams

/// A piece of a YAML file that remembers where it stands.
public struct ConfigurationNode: Sendable {
    /// What the piece is.
    public indirect enum Content: Sendable {
        /// Text, number or truth value, as written; `isQuoted` tells `"1"` from `1`.
        case scalar(String, isQuoted: Bool)
        /// Keys and values in the file's order.
        case mapping([(key: String, location: SourceLocation, value: ConfigurationNode)])
        /// Values in order.
        case sequence([ConfigurationNode])
        /// Nothing: an empty value, `~` or `null`.
        case null
    }

    /// What the piece is.
    public var content: Content
    /// Where it stands.
    public var location: SourceLocation

    /// Makes a piece, for configuration that comes from elsewhere than a file.
    public init(_ content: Content, location: SourceLocation) {
        self.content = content
        self.location = location
    }

    /// Reads YAML text; `file` is what locations call it.
    ///
    /// An empty text is an empty mapping. Duplicate keys are faults.
    ///
    /// - Throws: `invalidConfiguration` with the place of the fault.
    public init(yaml text: String, file: String) throws {
        do {
            guard let node = try Yams.compose(yaml: text) else {
                self.init(.mapping([]), location: SourceLocation(file: file, line: 1, column: 1))
                return
            }
            self = try ConfigurationNode(node, file: file)
        } catch let error as YamlError {
            throw Self.explain(error, file: file)
        }
    }

    private init(_ node: Node, file: String) throws {
        let mark = node.mark
        location = SourceLocation(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1)
        switch node {
        case .scalar(let scalar):
            let quoted = scalar.style == .singleQuoted || scalar.style == .doubleQuoted
            let isNull = !quoted && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            content = isNull ? .null : .scalar(scalar.string, isQuoted: quoted)
        case .sequence(let sequence):
            content = .sequence(try sequence.map { try ConfigurationNode($0, file: file) })
        case .mapping(let mapping):
            var entries: [(key: String, location: SourceLocation, value: ConfigurationNode)] = []
            for (key, value) in mapping {
                let keyNode = try ConfigurationNode(key, file: file)
                let name: String
                switch keyNode.content {
                case .scalar(let text, _): name = text
                case .null: name = "null"
                default:
                    throw MartletError(.invalidConfiguration, "a key must be a word", at: keyNode.location)
                }
                entries.append((name, keyNode.location, try ConfigurationNode(value, file: file)))
            }
            content = .mapping(entries)
        case .alias:
            throw MartletError(.invalidConfiguration, "an alias points at nothing", at: location)
        }
    }

    private static func explain(_ error: YamlError, file: String) -> MartletError {
        let hint = "YAML is indented with spaces, and a value that holds ': ' or starts with a sign needs quotes"
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return MartletError(
                .invalidConfiguration, "this is not valid YAML: \(problem)", hint: hint,
                at: SourceLocation(file: file, line: mark.line, column: mark.column))
        case .duplicatedKeysInMapping(let duplicates, let context):
            return MartletError(
                .invalidConfiguration, "a key stands twice: \(duplicates.map { "\($0)" }.joined(separator: ", "))",
                hint: "keep one of them",
                at: SourceLocation(file: file, line: context.mark.line, column: context.mark.column))
        default:
            return MartletError(.invalidConfiguration, "\(file) is not valid YAML: \(error)", hint: hint)
        }
    }
}

extension ConfigurationNode {
    /// How an error message calls this piece.
    public var kind: String {
        switch content {
        case .scalar(let text, _): "'\(text)'"
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .null: "nothing"
        }
    }

    /// The value under `key` of a mapping as JSON; null if this is no mapping or has no such key.
    public subscript(_ key: String) -> JSONValue {
        guard case .mapping(let entries) = content else { return .null }
        return entries.first { $0.key == key }?.value.json ?? .null
    }

    /// The value as JSON: unquoted numbers and truth values typed, all else text.
    public var json: JSONValue {
        switch content {
        case .null: .null
        case .sequence(let nodes): .array(nodes.map(\.json))
        case .mapping(let entries): .object(Dictionary(entries.map { ($0.key, $0.value.json) }) { _, last in last })
        case .scalar(let text, true): .string(text)
        case .scalar(let text, false):
            if let truth = ConfigurationNode.truth(text) {
                .bool(truth)
            } else if let whole = Int64(text) {
                .integer(whole)
            } else if let real = Double(text), text.first.map({ $0.isNumber || "+-.".contains($0) }) == true {
                .number(real)
            } else {
                .string(text)
            }
        }
    }

    /// `true` or `false` as YAML 1.2 writes them.
    static func truth(_ text: String) -> Bool? {
        switch text {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }
}
