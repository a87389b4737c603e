/// A graph without cycles, drawn from left to right: each node right of those it depends on.
///
/// Ranks are longest paths. Edges over several ranks run through places of their own, and places are ordered by the mean
/// of their neighbours', so that few edges cross. Source: Sugiyama, Tagawa, Toda, "Methods for visual understanding of
/// hierarchical system structures", 1981.
package struct LayeredGraph {
    /// A box.
    package struct Node {
        var id: String
        var label: String
        /// A second line.
        var detail: String
        /// The class that colours it.
        var kind: String
        /// Where the box leads.
        var link: String?
        var parents: [String]

        /// Makes a box.
        package init(
            id: String, label: String, detail: String = "", kind: String = "idle", link: String? = nil,
            parents: [String]
        ) {
            self.id = id
            self.label = label
            self.detail = detail
            self.kind = kind
            self.link = link
            self.parents = parents
        }
    }

    /// Where a node or a bend of an edge lies.
    package struct Place: Hashable {
        package var rank: Int
        package var order: Int
    }

    let nodes: [Node]
    /// The places of each edge, from the parent to the child.
    package let edges: [[Place]]
    /// The place of each node, in the order of `nodes`.
    package let places: [Place]
    let rankCount: Int
    let height: Int

    /// Lays a graph out; edges to nodes that are not there, and to nodes that come later, are left out.
    ///
    /// - Parameters:
    ///   - nodes: the nodes, each after its parents.
    ///   - isReduced: whether edges that follow from others are left out.
    /// - Complexity: O(nodes · edges)
    package init(_ nodes: [Node], isReduced: Bool) {
        self.nodes = nodes
        let numbers = Dictionary(nodes.enumerated().map { ($1.id, $0) }) { first, _ in first }
        var parents = nodes.indices.map { node in
            Set(nodes[node].parents.compactMap { numbers[$0] }.filter { $0 < node }).sorted()
        }
        if isReduced { parents = Self.reduced(parents) }
        var ranks = [Int](repeating: 0, count: nodes.count)
        for node in nodes.indices { ranks[node] = (parents[node].map { ranks[$0] + 1 }.max()) ?? 0 }
        rankCount = (ranks.max() ?? -1) + 1
        var layers = Layers(ranks: ranks, rankCount: rankCount)
        let chains = nodes.indices.flatMap { node in parents[node].map { layers.connect($0, node) } }
        layers.sort()
        places = layers.placesOfNodes(nodes.count)
        edges = chains.map { chain in chain.map { layers.place(of: $0) } }
        height = layers.height
    }

    /// The edges from which all others follow.
    private static func reduced(_ parents: [[Int]]) -> [[Int]] {
        var ancestors = [Set<Int>](repeating: [], count: parents.count)
        return parents.indices.map { node in
            let implied = parents[node].reduce(into: Set<Int>()) { $0.formUnion(ancestors[$1]) }
            ancestors[node] = implied.union(parents[node])
            return parents[node].filter { !implied.contains($0) }
        }
    }
}

/// Nodes and bends by rank, while their order is looked for.
private struct Layers {
    private var ranks: [Int]
    private var orders: [Int] = []
    private var members: [[Int]]
    private var before: [[Int]] = []
    private var after: [[Int]] = []

    init(ranks: [Int], rankCount: Int) {
        self.ranks = ranks
        members = Array(repeating: [], count: rankCount)
        for (node, rank) in ranks.enumerated() { members[rank].append(node) }
        before = Array(repeating: [], count: ranks.count)
        after = before
    }

    var height: Int { members.map(\.count).max() ?? 0 }

    /// Adds an edge, with a bend on every rank between, and returns its vertices.
    mutating func connect(_ from: Int, _ to: Int) -> [Int] {
        var chain = [from]
        for rank in (ranks[from] + 1)..<max(ranks[to], ranks[from] + 1) {
            let bend = ranks.count
            ranks.append(rank)
            members[rank].append(bend)
            before.append([])
            after.append([])
            chain.append(bend)
        }
        chain.append(to)
        for (first, second) in zip(chain, chain.dropFirst()) {
            after[first].append(second)
            before[second].append(first)
        }
        return chain
    }

    mutating func sort() {
        orders = Array(repeating: 0, count: ranks.count)
        for rank in members.indices { number(rank) }
        for _ in 0..<4 {
            for rank in members.indices.dropFirst() { sort(rank, by: before) }
            for rank in members.indices.dropLast().reversed() { sort(rank, by: after) }
        }
    }

    private mutating func sort(_ rank: Int, by neighbors: [[Int]]) {
        let found = members[rank].map { vertex -> (vertex: Int, mean: Double) in
            let places = neighbors[vertex].map { Double(orders[$0]) }
            let mean = places.isEmpty ? Double(orders[vertex]) : places.reduce(0, +) / Double(places.count)
            return (vertex, mean)
        }
        let sorted = found.enumerated().sorted { ($0.element.mean, $0.offset) < ($1.element.mean, $1.offset) }
        members[rank] = sorted.map { $0.element.vertex }
        number(rank)
    }

    private mutating func number(_ rank: Int) {
        for (order, vertex) in members[rank].enumerated() { orders[vertex] = order }
    }

    func place(of vertex: Int) -> LayeredGraph.Place { LayeredGraph.Place(rank: ranks[vertex], order: orders[vertex]) }

    func placesOfNodes(_ count: Int) -> [LayeredGraph.Place] { (0..<count).map(place) }
}
