import CKernels
import Tensor

/// DLRM's logits of the candidates of one user, without what is the same for all of them, or for all users.
///
/// The products among the user's vectors are made once for a user, and so is their share of the top MLP's first layer;
/// those among an item's own vectors are made once for all requests. What is left for each candidate are the products
/// with the user's vectors and with the numbers' vector, and the layers.
struct DLRMCandidates: Sendable {
    private let network: DLRM
    /// How many vectors a user has, and a candidate (the numbers' vector among them).
    private let users: Int
    private let items: Int
    /// The rows of the first layer's weights in the order of ``Memory/joined``, and those of the user's own products.
    private let weight: Matrix
    private let userWeight: Matrix
    /// The products among each item's own vectors, `N × pairs`.
    private let itemProducts: Matrix

    private var layout: RankingLayout { network.layout }
    private var hasFirst: Bool { network.bottom != nil }
    private var width: Int { layout.dimension }
    /// How many pairs an item's own vectors make.
    private var pairs: Int { itemProducts.columns }

    /// Makes the items' products.
    ///
    /// - Parameter itemX: the items' columns of the network's input.
    init(_ network: DLRM, _ parameters: Parameters, itemX: Matrix) {
        self.network = network
        let layout = network.layout
        let first = network.bottom == nil ? 0 : 1
        let (users, items) = (layout.embeddingCount - layout.item.count, layout.item.count + first)
        (self.users, self.items) = (users, items)
        let layer = network.top.layers[0]
        let base = first * layout.dimension
        // The candidate's vectors by their places in a row of all vectors: numbers, user, item.
        let own = (0..<items).map { $0 < first ? 0 : users + $0 }
        func row(_ a: Int, _ b: Int) -> Int { base + max(a, b) * (max(a, b) - 1) / 2 + min(a, b) }
        var rows = Array(0..<base)
        for vector in own { for user in 0..<users { rows.append(row(vector, first + user)) } }
        if first > 0 { for i in 1..<items { rows.append(row(own[i], own[0])) } }
        for i in first..<items { for j in first..<i { rows.append(row(own[i], own[j])) } }
        var userRows: [Int] = []
        for i in 0..<users { for j in 0..<i { userRows.append(row(first + i, first + j)) } }
        let all = parameters[layer.weight]
        func taken(_ rows: [Int]) -> Matrix {
            let taken = Matrix(rows: rows.count, columns: all.columns)
            for (place, row) in rows.enumerated() {
                _ = taken.row(place).update(fromContentsOf: UnsafeBufferPointer(all.row(row)))
            }
            return taken
        }
        weight = taken(rows)
        userWeight = taken(userRows)
        itemProducts = Matrix(rows: itemX.rows, columns: layout.item.count * (layout.item.count - 1) / 2)
        let (products, count, width) = (itemProducts, layout.item.count, layout.dimension)
        guard products.columns > 0 else { return }
        parallelFor(itemX.rows, grain: 256) { range, _ in
            Self.multiplyPairs(
                itemX.pointer + range.lowerBound * itemX.columns, stride: itemX.columns, count: count, width: width,
                rows: range.count, into: products.pointer + range.lowerBound * products.columns)
        }
    }

    /// The products among the vectors of each of some items.
    private static func multiplyPairs(
        _ x: UnsafePointer<Float>, stride: Int, count: Int, width: Int, rows: Int, into out: UnsafeMutablePointer<Float>
    ) {
        let scratch = Matrix(rows: 1, columns: martlet_pairwise_scratch(count, width))
        martlet_pairwise(nil, 0, x, stride, count, width, rows, out, count * (count - 1) / 2, scratch.pointer)
    }

    /// Where an item's part lies.
    struct Item {
        /// Its columns of the network's input.
        var x: UnsafePointer<Float>
        /// The item in the catalogue, if the columns are its own there; nil: the products are made anew.
        var index: Int?
    }

    /// One worker's memory.
    struct Memory: Sendable {
        fileprivate let numbers: Matrix
        /// The user's vectors, side by side.
        fileprivate let panel: Matrix
        /// Products of items whose columns are not those of the catalogue.
        fileprivate let freshProducts: Matrix
        /// The first layer's input.
        fileprivate let joined: Matrix
        fileprivate let outputs: [Matrix]
        fileprivate let userProducts: Matrix
        fileprivate let bias: Matrix
        fileprivate let scratch: Matrix
    }

    /// Takes memory for blocks of up to `rows` candidates.
    func makeMemory(rows: Int) -> Memory {
        Memory(
            numbers: Matrix(rows: rows, columns: layout.numberCount),
            panel: Matrix(rows: width, columns: (users + 15) / 16 * 16),
            freshProducts: Matrix(rows: rows, columns: pairs),
            // Behind the last row the kernel needs some room.
            joined: Matrix(rows: rows + 1 + 16 / max(weight.rows, 1), columns: weight.rows),
            outputs: network.top.layers.map { Matrix(rows: rows, columns: $0.output) },
            userProducts: Matrix(rows: 1, columns: userWeight.rows), bias: Matrix(rows: 1, columns: weight.columns),
            scratch: Matrix(rows: 1, columns: martlet_pairwise_scratch(users, width)))
    }

    /// Makes what all candidates of a user share.
    ///
    /// - Parameter x: the user's columns of the network's input.
    func begin(_ memory: Memory, _ parameters: Parameters, user x: UnsafePointer<Float>) {
        let bias = parameters[network.top.layers[0].bias].pointer
        if users > 0 { martlet_candidate_panel(x + layout.embeddingColumn, users, width, memory.panel.pointer) }
        guard userWeight.rows > 0 else {
            memory.bias.pointer.update(from: bias, count: weight.columns)
            return
        }
        martlet_pairwise(
            nil, 0, x + layout.embeddingColumn, users * width, users, width, 1, memory.userProducts.pointer,
            userWeight.rows, memory.scratch.pointer)
        multiply(
            m: 1, n: weight.columns, k: userWeight.rows, a: memory.userProducts.pointer, strideA: userWeight.rows,
            b: userWeight.pointer, strideB: weight.columns, c: memory.bias.pointer, strideC: weight.columns, bias: bias)
    }

    /// The logits of a block of candidates of the user that was begun last.
    ///
    /// - Parameters:
    ///   - space: whose memory the bottom MLP works in.
    ///   - x: the user's columns of the network's input.
    ///   - item: where each candidate's part lies.
    ///   - pair: for each candidate the numbers of the pair.
    /// - Returns: a logit for each candidate; overwritten by the next call.
    func logits(
        _ memory: Memory, _ space: RankingWorkspace, _ parameters: Parameters, user x: UnsafePointer<Float>, count: Int,
        item: (Int) -> Item, pair: (Int) -> (Float, Float)
    ) -> UnsafePointer<Float> {
        let own = layout.item.count * width
        withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: 2 * count) { pointers in
            let products = pointers.baseAddress! + count
            for row in 0..<count {
                let found = item(row)
                pointers[row] = found.x
                products[row] = UnsafePointer(
                    found.index.map { itemProducts.pointer + $0 * pairs } ?? memory.freshProducts.pointer + row * pairs)
                if found.index == nil, pairs > 0 {
                    Self.multiplyPairs(
                        found.x, stride: own, count: layout.item.count, width: width, rows: 1,
                        into: memory.freshProducts.pointer + row * pairs)
                }
                guard hasFirst else { continue }
                let to = memory.numbers.pointer + row * layout.numberCount
                to.update(from: x, count: layout.fields.userNumbers)
                (to + layout.fields.userNumbers).update(from: found.x + own, count: layout.fields.itemNumbers)
                guard layout.fields.pairNumbers > 0 else { continue }
                let numbers = pair(row)
                (to[layout.numberCount - 2], to[layout.numberCount - 1]) = numbers
            }
            var first: Matrix?
            if let bottom = network.bottom {
                bottom.forward(parameters, x: memory.numbers, space, rows: count)
                first = space.values[bottom.output]
            }
            martlet_candidate_terms(
                first?.pointer, first?.columns ?? 0, pointers.baseAddress!, layout.item.count, width, count,
                memory.panel.pointer, users, products, pairs, memory.joined.pointer, memory.joined.columns)
        }
        let layers = network.top.layers
        multiply(
            m: count, n: weight.columns, k: weight.rows, a: memory.joined.pointer, strideA: memory.joined.columns,
            b: weight.pointer, strideB: weight.columns, c: memory.outputs[0].pointer, strideC: weight.columns,
            bias: memory.bias.pointer, isRectified: layers[0].isRectified)
        for place in layers.indices.dropFirst() {
            layers[place].forward(
                parameters, x: memory.outputs[place - 1], y: memory.outputs[place], rows: 0..<count)
        }
        return UnsafePointer(memory.outputs[layers.count - 1].pointer)
    }
}
