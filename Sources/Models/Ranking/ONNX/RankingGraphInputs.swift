import Tensor

/// The inputs of a ranking network as values of an ONNX graph.
///
/// - `user.FIELD`, `item.FIELD`: codes, whole numbers, `batch`; the row after the last trained user or item is the
///   unknown one's.
/// - `history.items`, `batch × length`, and `history.weights`, which sum to 1 in each row; pads weigh 0.
/// - `user.numbers`, `item.numbers`, `pair.numbers`: reals, `batch × count`. The pair's are 1 and log(1 + n) for an item
///   of the history, n its faded count, else 0 and 0.
package struct RankingGraphInputs {
    /// x, `B × X`; nil if it has no columns.
    package private(set) var x: String?
    /// The embeddings of x, each `B × D`.
    package private(set) var embeddings: [String] = []
    /// The numbers of x, `B × C`; nil if there are none.
    package private(set) var numbers: String?
    /// The lookups of the second input, each as wide as its table.
    package private(set) var side: [String] = []
    /// The item's id.
    package private(set) var itemID = ""

    /// Declares the inputs.
    package init(_ layout: RankingLayout, _ parameters: Parameters, _ graph: inout ONNXGraph) {
        let fields = layout.fields
        let user = fields.user.map { graph.input("user.\($0.name)", .int64, [.any("batch")]) }
        let item = fields.item.map { graph.input("item.\($0.name)", .int64, [.any("batch")]) }
        itemID = item.first ?? ""
        var bags: (ids: String, weights: String)?
        if fields.history != nil {
            let shape: [ONNXGraph.Dimension] = [.any("batch"), .any("length")]
            bags = (
                graph.input("history.items", .int64, shape), graph.input("history.weights", .float, shape)
            )
        }
        func numbers(_ name: String, _ count: Int) -> [String] {
            count > 0 ? [graph.input("\(name).numbers", .float, [.any("batch"), .fixed(count)])] : []
        }
        let userNumbers = numbers("user", fields.userNumbers)
        let itemNumbers = numbers("item", fields.itemNumbers) + numbers("pair", fields.pairNumbers)
        func lookups(_ lookups: [RankingLayout.Lookup], _ codes: [String]) -> [String] {
            lookups.map { graph.gather($0.table, parameters, codes[$0.field]) }
        }
        func pooled(_ lookup: RankingLayout.Lookup?) -> [String] {
            guard let lookup, let bags else { return [] }
            return [graph.pool(lookup.table, parameters, bags.ids, bags.weights)]
        }
        embeddings = lookups(layout.user, user) + pooled(layout.history) + lookups(layout.item, item)
        let columns = userNumbers + embeddings + itemNumbers
        x = columns.isEmpty ? nil : graph.concatenate(columns)
        let all = userNumbers + itemNumbers
        self.numbers = all.isEmpty ? nil : graph.concatenate(all)
        side = lookups(layout.userSide, user) + pooled(layout.historySide) + lookups(layout.itemSide, item)
        for lookup in layout.crossSide {
            let cross = fields.crosses[lookup.field]
            let factors = fields.factors(cross)
            let scaled = zip([user[cross.user], item[cross.item]], [factors.user, factors.item]).map {
                graph.add("Mul", [$0, graph.constant("int_\($1)", [$1])])
            }
            let rows = graph.constant("int_\(cross.rows)", [Int64(cross.rows)])
            let codes = graph.add("Mod", [graph.add("Add", scaled), rows])
            side.append(graph.gather(lookup.table, parameters, codes))
        }
    }
}
