import Core

/// Understands dbt's notation for parts of a graph.
///
/// A word is `+`, `2+` or nothing, then a method and a value (`tag:daily`, `path:models/staging`, `source:raw+`, a bare
/// name, `*` for any letters), then `+`, `+2` or nothing. `@x` is x, its descendants, and everything those read. Words
/// joined by commas intersect; words apart unite.
struct NodeSelector {
    let project: SQLProject

    /// What a word picks: nodes of the graph, and tests by themselves.
    struct Picked {
        var nodes: Set<SQLNode> = []
        var tests: Set<String> = []
    }

    static let methods = [
        "name", "fqn", "tag", "path", "file", "source", "config", "resource_type", "test_type", "test_name", "package",
    ]

    /// What `expressions` pick together.
    ///
    /// - Throws: `invalidConfiguration` for a word that cannot be read.
    func pick(_ expressions: [String]) throws -> Picked {
        var union = Picked()
        for word in expressions.flatMap({ $0.split(whereSeparator: \.isWhitespace).map(String.init) }) {
            let parts = try word.split(separator: ",").map { try pick(word: String($0)) }
            guard var common = parts.first else { continue }
            for part in parts.dropFirst() {
                common.nodes.formIntersection(part.nodes)
                common.tests.formIntersection(part.tests)
            }
            union.nodes.formUnion(common.nodes)
            union.tests.formUnion(common.tests)
        }
        return union
    }

    private func pick(word: String) throws -> Picked {
        var rest = word[...]
        var (up, down): (Int?, Int?) = (nil, nil)
        let isWide = rest.first == "@"
        if isWide { rest.removeFirst() }
        let digits = rest.prefix { $0.isNumber }
        if rest.dropFirst(digits.count).first == "+" {
            up = Int(digits) ?? .max
            rest = rest.dropFirst(digits.count + 1)
        }
        if let plus = rest.lastIndex(of: "+"), rest[rest.index(after: plus)...].allSatisfy(\.isNumber) {
            down = Int(rest[rest.index(after: plus)...]) ?? .max
            rest = rest[..<plus]
        }
        guard !rest.isEmpty else {
            throw MartletError(
                .invalidConfiguration, "'\(word)' selects nothing", hint: "write a model's name, tag:x or path:folder")
        }
        var picked = try base(String(rest), word: word)
        let core = picked.nodes
        if let up { for node in core { picked.nodes.formUnion(project.graph.ancestors(of: node, distance: up)) } }
        if let down { for node in core { picked.nodes.formUnion(project.graph.descendants(of: node, distance: down)) } }
        if isWide {
            for node in core {
                for child in project.graph.descendants(of: node).union([node]) {
                    picked.nodes.formUnion(project.graph.ancestors(of: child).union([child]))
                }
            }
        }
        return picked
    }

    private func base(_ text: String, word: String) throws -> Picked {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return byName(text) }
        let value = parts[1]
        let method = parts[0].split(separator: ".").map(String.init)
        switch method[0] {
        case "name", "fqn", "test_name": return byName(value)
        case "tag":
            return filtered(
                { $0.configuration.tags.contains { matches($0, value) } }, { $0.tags.contains { matches($0, value) } }
            ) {
                $0.tags.contains { matches($0, value) }
            }
        case "path":
            let folder = value.hasSuffix("/") ? String(value.dropLast()) : value
            return filtered({ lies($0.path, in: folder) }, { lies($0.path, in: folder) }) {
                lies(relative($0.location.file), in: folder)
            }
        case "file":
            return filtered(
                {
                    $0.path.split(separator: "/").last.map {
                        matches(String($0), value) || matches(String($0), value + ".sql")
                    } ?? false
                }, { _ in false }
            ) { _ in false }
        case "source":
            let wanted = value.contains(".") ? value : value + ".*"
            return Picked(nodes: Set(project.sources.map(\.node).filter { matches($0.description, wanted) }))
        case "config" where method.count == 2:
            return filtered(
                { model in
                    guard
                        let setting = method[1] == "materialized"
                            ? .string(model.configuration.materialized.rawValue) : model.configuration.values[method[1]]
                    else { return false }
                    return (setting.array ?? [setting]).contains { ($0.string ?? $0.description) == value }
                }, { _ in false }
            ) { _ in false }
        case "resource_type":
            switch value {
            case "model": return filtered({ _ in true }, { _ in false }) { _ in false }
            case "source": return filtered({ _ in false }, { _ in false }) { _ in true }
            case "test": return filtered({ _ in false }, { _ in true }) { _ in false }
            default:
                throw MartletError(.invalidConfiguration, "'\(value)' in '\(word)' must be model, source or test")
            }
        case "test_type":
            return filtered(
                { _ in false },
                { test in
                    value == "singular" ? test.type == "singular" : value == "generic" && test.type != "singular"
                }
            ) { _ in false }
        case "package":
            return filtered(
                { _ in value == project.name || value == "this" }, { _ in value == project.name || value == "this" }
            ) { _ in true }
        default:
            throw MartletError(
                .invalidConfiguration, "there is no selection by '\(parts[0])' in '\(word)'",
                hint: nearest(to: parts[0], among: Self.methods).map { "did you mean '\($0):'?" }
                    ?? "select by \(Self.methods.joined(separator: ", "))")
        }
    }

    /// Models, tests and sources that hold.
    private func filtered(
        _ model: (SQLModel) -> Bool, _ test: (DataTest) -> Bool, _ source: (SQLSource) -> Bool
    ) -> Picked {
        Picked(
            nodes: Set(
                project.models.filter(model).map { .model($0.name) } + project.sources.filter(source).map(\.node)),
            tests: Set(project.tests.filter(test).map(\.name)))
    }

    /// A model's or test's name, a folder, a path of folders and a name, or a path of a file.
    private func byName(_ text: String) -> Picked {
        if text.contains("/") || text.hasSuffix(".sql") {
            return filtered({ lies($0.path, in: text) || $0.path == text }, { lies($0.path, in: text) }) { _ in false }
        }
        return filtered(
            { model in
                let full = ([project.name] + model.folders + [model.name])
                if matches(model.name, text) { return true }
                let wanted = text.split(separator: ".").map(String.init)
                return [full, Array(full.dropFirst())].contains { path in
                    wanted.count <= path.count && zip(wanted, path).allSatisfy { matches($1, $0) }
                }
            }, { matches($0.name, text) }
        ) { _ in false }
    }

    private func relative(_ file: String) -> String {
        file.hasPrefix(project.folder + "/") ? String(file.dropFirst(project.folder.count + 1)) : file
    }

    private func lies(_ path: String, in folder: String) -> Bool {
        let (path, folder) = (relative(path), relative(folder))
        return path == folder || path.hasPrefix(folder + "/") || (folder.contains("*") && matches(path, folder + "*"))
    }

    /// Whether `text` fits a pattern in which `*` stands for any letters.
    private func matches(_ text: String, _ pattern: String) -> Bool {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return text == pattern }
        var rest = text[...]
        for (index, part) in parts.enumerated() where !part.isEmpty {
            if index == 0 {
                guard rest.hasPrefix(part) else { return false }
                rest = rest.dropFirst(part.count)
            } else if index == parts.count - 1 {
                return rest.hasSuffix(part)
            } else {
                guard let range = rest.ranges(of: part).first else { return false }
                rest = rest[range.upperBound...]
            }
        }
        return true
    }
}
