import Core

/// Which model reads what.
public struct SQLGraph: Sendable {
    /// Every source and model, each after everything it reads; otherwise sorted by name.
    public let order: [SQLNode]
    /// What each node reads.
    public let parents: [SQLNode: [SQLNode]]
    /// Who reads each node.
    public let children: [SQLNode: [SQLNode]]

    /// Makes the graph of nodes and what they read.
    ///
    /// - Throws: `invalidConfiguration` naming the models of a circle.
    /// - Complexity: O((nodes + edges) · log nodes)
    init(_ parents: [SQLNode: [SQLNode]], location: (SQLNode) -> SourceLocation?) throws {
        var children: [SQLNode: [SQLNode]] = [:]
        for node in parents.keys { children[node] = [] }
        for node in parents.keys.sorted() {
            for parent in parents[node]! { children[parent, default: []].append(node) }
        }
        var waiting = parents.mapValues { Set($0).count }
        var ready = waiting.filter { $0.value == 0 }.map(\.key).sorted(by: >)
        var order: [SQLNode] = []
        while let node = ready.popLast() {
            order.append(node)
            var freed: [SQLNode] = []
            for child in Set(children[node]!) {
                waiting[child]! -= 1
                if waiting[child] == 0 { freed.append(child) }
            }
            ready = (ready + freed).sorted(by: >)
        }
        if order.count < parents.count {
            let circle = Self.circle(in: parents, among: Set(parents.keys).subtracting(order))
            throw MartletError(
                .invalidConfiguration,
                "models read each other in a circle: \((circle + [circle[0]]).map(\.description).joined(separator: " → "))",
                hint: "let one of them read something else, or merge two of them", at: location(circle[0]))
        }
        self.order = order
        self.parents = parents
        self.children = children
    }

    private static func circle(in parents: [SQLNode: [SQLNode]], among left: Set<SQLNode>) -> [SQLNode] {
        // Every node that is left reads another one that is left: walking on must come back.
        var path: [SQLNode] = []
        var node = left.min()!
        while !path.contains(node) {
            path.append(node)
            node = parents[node]!.filter(left.contains).min()!
        }
        // The walk goes from a model to what it reads, which is the order "a reads b".
        return Array(path[path.firstIndex(of: node)!...])
    }

    /// Everything `node` reads, over at most `distance` steps.
    public func ancestors(of node: SQLNode, distance: Int = .max) -> Set<SQLNode> {
        reach(from: node, along: parents, distance: distance)
    }

    /// Everyone who reads `node`, over at most `distance` steps.
    public func descendants(of node: SQLNode, distance: Int = .max) -> Set<SQLNode> {
        reach(from: node, along: children, distance: distance)
    }

    private func reach(from node: SQLNode, along edges: [SQLNode: [SQLNode]], distance: Int) -> Set<SQLNode> {
        var found: Set<SQLNode> = []
        var border: Set<SQLNode> = [node]
        var steps = 0
        while !border.isEmpty, steps < distance {
            border = Set(border.flatMap { edges[$0] ?? [] }).subtracting(found)
            found.formUnion(border)
            steps += 1
        }
        return found
    }
}
