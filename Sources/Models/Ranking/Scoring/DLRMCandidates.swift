import CKernels
import Tensor

/// DLRM's logits of the candidates of one user, without what is the same for all of them.
///
/// The products among the user's vectors are made once for a user, and so is their share of the top MLP's first layer;
/// the products between the user's vectors and the items' are one matrix product for all candidates. What is left for
/// each candidate alone are the products among its own vectors, and the layers.
struct DLRMCandidates: Sendable {
    private let network: DLRM
    /// How many vectors a user has, and a candidate (the numbers' vector among them).
    private let users: Int
    private let items: Int
    /// The rows of the first layer's weights in the order of ``Memory/joined``, and those of the user's own products.
    private let weight: Matrix
    private let userWeight: Matrix

    private var layout: RankingLayout { network.layout }
    private var hasFirst: Bool { network.bottom != nil }
    private var width: Int { layout.dimension }

    init(_ network: DLRM, _ parameters: Parameters) {
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
        for i in 0..<items { for j in 0..<i { rows.append(row(own[i], own[j])) } }
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
    }

    /// One worker's memory.
    struct Memory: Sendable {
        /// The candidates' vectors, one after the other.
        fileprivate let vectors: Matrix
        fileprivate let numbers: Matrix
        /// The products with the user's vectors.
        fileprivate let products: Matrix
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
            vectors: Matrix(rows: rows * items, columns: width),
            numbers: Matrix(rows: rows, columns: layout.numberCount),
            products: Matrix(rows: rows * items, columns: users), joined: Matrix(rows: rows, columns: weight.rows),
            outputs: network.top.layers.map { Matrix(rows: rows, columns: $0.output) },
            userProducts: Matrix(rows: 1, columns: userWeight.rows), bias: Matrix(rows: 1, columns: weight.columns),
            scratch: Matrix(rows: 1, columns: martlet_pairwise_scratch(max(users, items), width)))
    }

    /// Makes what all candidates of a user share.
    ///
    /// - Parameter x: the user's columns of the network's input.
    func begin(_ memory: Memory, _ parameters: Parameters, user x: UnsafePointer<Float>) {
        let bias = parameters[network.top.layers[0].bias].pointer
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
    ///   - item: for each candidate its columns of the network's input.
    ///   - pair: for each candidate the numbers of the pair.
    /// - Returns: a logit for each candidate; overwritten by the next call.
    func logits(
        _ memory: Memory, _ space: RankingWorkspace, _ parameters: Parameters, user x: UnsafePointer<Float>, count: Int,
        item: (Int) -> UnsafePointer<Float>, pair: (Int) -> (Float, Float)
    ) -> UnsafePointer<Float> {
        let (own, base) = (layout.item.count * width, hasFirst ? width : 0)
        let columns = memory.joined.columns
        for row in 0..<count {
            let from = item(row)
            (memory.vectors.pointer + row * items * width + base).update(from: from, count: own)
            guard hasFirst else { continue }
            let to = memory.numbers.pointer + row * layout.numberCount
            to.update(from: x, count: layout.fields.userNumbers)
            (to + layout.fields.userNumbers).update(from: from + own, count: layout.fields.itemNumbers)
            guard layout.fields.pairNumbers > 0 else { continue }
            let numbers = pair(row)
            (to[layout.numberCount - 2], to[layout.numberCount - 1]) = numbers
        }
        if let bottom = network.bottom {
            bottom.forward(parameters, x: memory.numbers, space, rows: count)
            let output = space.values[bottom.output]
            for row in 0..<count {
                let from = output.pointer + row * output.columns
                (memory.vectors.pointer + row * items * width).update(from: from, count: width)
                (memory.joined.pointer + row * columns).update(from: from, count: width)
            }
        }
        if users > 0 {
            multiply(
                transposeB: true, m: count * items, n: users, k: width, a: memory.vectors.pointer, strideA: width,
                b: x + layout.embeddingColumn, strideB: width, c: memory.products.pointer, strideC: users)
            let share = items * users
            for row in 0..<count {
                (memory.joined.pointer + row * columns + base).update(
                    from: memory.products.pointer + row * share, count: share)
            }
        }
        martlet_pairwise(
            hasFirst ? memory.vectors.pointer : nil, items * width, memory.vectors.pointer + base, items * width,
            layout.item.count, width, count, memory.joined.pointer + base + items * users, columns,
            memory.scratch.pointer)
        let layers = network.top.layers
        multiply(
            m: count, n: weight.columns, k: weight.rows, a: memory.joined.pointer, strideA: columns, b: weight.pointer,
            strideB: weight.columns, c: memory.outputs[0].pointer, strideC: weight.columns, bias: memory.bias.pointer,
            isRectified: layers[0].isRectified)
        for place in layers.indices.dropFirst() {
            layers[place].forward(
                parameters, x: memory.outputs[place - 1], y: memory.outputs[place], rows: 0..<count)
        }
        return UnsafePointer(memory.outputs[layers.count - 1].pointer)
    }
}
