import Dashboard
import Testing

/// Where the boxes of a graph lie.
struct LayeredGraphTests {
    private func node(_ id: String, _ parents: [String] = []) -> LayeredGraph.Node {
        LayeredGraph.Node(id: id, label: id, parents: parents)
    }

    @Test func aNodeStandsRightOfThoseItDependsOn() {
        let nodes = [node("load"), node("a", ["load"]), node("b", ["a"]), node("join", ["load", "b"])]
        let graph = LayeredGraph(nodes, isReduced: false)
        #expect(graph.places.map(\.rank) == [0, 1, 2, 3])
        // The edge over three ranks bends on each of the two between.
        #expect(graph.edges.map(\.count).sorted() == [2, 2, 2, 4])
        #expect(Set(graph.edges.flatMap { $0 } + graph.places).count == 6)
    }

    @Test func edgesThatFollowFromOthersCanBeLeftOut() {
        let nodes = [node("load"), node("a", ["load"]), node("b", ["a", "load"])]
        #expect(LayeredGraph(nodes, isReduced: true).edges.count == 2)
        #expect(LayeredGraph(nodes, isReduced: false).edges.count == 3)
    }

    @Test func twoChainsDoNotCross() {
        let nodes = [node("a"), node("b"), node("d", ["b"]), node("c", ["a"])]
        let graph = LayeredGraph(nodes, isReduced: false)
        let order = graph.edges.map { ($0[0].order, $0[1].order) }
        #expect(order.allSatisfy { $0.0 == $0.1 })
    }

    @Test func namesAreEscapedInADrawing() {
        let graph = LayeredGraph([node("<b>\"")], isReduced: true).svg(title: "<", description: "&")
        #expect(!graph.text.contains("<b>") && graph.text.contains("&lt;b&gt;&quot;"))
    }
}
