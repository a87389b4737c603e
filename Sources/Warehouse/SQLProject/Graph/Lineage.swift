import Core

/// What reads what, to look at.
public struct Lineage: Codable, Sendable {
    /// A table of the picture.
    public struct Node: Codable, Sendable {
        /// The model's name, or `source.table`.
        public var name: String
        /// `source`, `table`, `view`, `incremental` or `ephemeral`.
        public var kind: String
        /// What it holds.
        public var description: String
        /// What it reads.
        public var parents: [String]
    }

    /// Every node after what it reads.
    public var nodes: [Node]

    /// The graph in Graphviz's language, from left to right.
    public var dot: String {
        var lines = ["digraph lineage {", "    rankdir=LR;", "    node [shape=box, fontname=\"sans-serif\"];"]
        for node in nodes {
            let style = node.kind == "source" ? ", style=filled, fillcolor=\"#e8f0e8\"" : ""
            lines.append(
                "    \(Lineage.quoted(node.name)) [label=\(Lineage.quoted("\(node.name)\n\(node.kind)"))\(style)];")
        }
        for node in nodes {
            for parent in node.parents {
                lines.append("    \(Lineage.quoted(parent)) -> \(Lineage.quoted(node.name));")
            }
        }
        return (lines + ["}"]).joined(separator: "\n") + "\n"
    }

    /// One line a node: its name, its kind, and what it reads.
    public var text: String {
        let width = nodes.map(\.name.count).max() ?? 0
        return nodes.map { node in
            let name = node.name + String(repeating: " ", count: width - node.name.count)
            let kind = node.kind + String(repeating: " ", count: max(0, 11 - node.kind.count))
            return "\(name)  \(kind)" + (node.parents.isEmpty ? "" : "  ← " + node.parents.joined(separator: ", "))
        }.map { $0.trimmingBlanks() + "\n" }.joined()
    }

    private static func quoted(_ text: String) -> String {
        var quoted = ""
        JSONValue.quote(text, to: &quoted)
        return quoted
    }
}

extension SQLProject {
    /// What reads what, in the part of the project that is selected.
    public func lineage(of selection: SQLSelection? = nil) -> Lineage {
        let kept = selection.map { selection in
            selection.sources.union(selection.models.map { SQLNode.model($0) })
        }
        let nodes = graph.order.filter { kept?.contains($0) ?? true }
        return Lineage(
            nodes: nodes.map { node in
                let kind: String
                let description: String
                switch node {
                case .model(let name):
                    kind = modelsByName[name]?.configuration.materialized.rawValue ?? "view"
                    description = modelsByName[name]?.description ?? ""
                case .source:
                    kind = "source"
                    description = sourcesByNode[node]?.description ?? ""
                }
                let parents = (graph.parents[node] ?? []).filter { kept?.contains($0) ?? true }
                return Lineage.Node(
                    name: node.description, kind: kind, description: description,
                    parents: Set(parents).sorted().map(\.description))
            })
    }
}
