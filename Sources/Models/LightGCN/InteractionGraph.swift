import CKernels
import Tensor

/// The bipartite graph of users and items, along whose edges vectors flow.
///
/// An edge of user u and item i weighs c / √(d_u · d_i), c being how much the pair counts (1 if all count alike) and d
/// the sum of c over the edges of each. The matrix of these weights is symmetric, so the way back of a gradient is the way of the vectors.
package struct InteractionGraph: Sendable {
    /// The edges of one side's nodes: rows of a sparse matrix, cut into pieces of about equal work, one a thread.
    fileprivate struct Side: Sendable {
        var offsets: [Int64]
        var neighbors: [Int32]
        var weights: [Float]
        var cuts: [Int]
    }

    private let users: Side
    private let items: Side
    private let layers: Int
    private let threads: Int
    /// Two layers of each side, read and written in turn.
    private let userLayers: [Matrix]
    private let itemLayers: [Matrix]

    /// Makes the graph of all pairs.
    ///
    /// - Parameters:
    ///   - layers: L, how often vectors go on to their neighbours.
    ///   - dimension: the vectors' dimension.
    package init(_ pairs: InteractionPairs, layers: Int, dimension: Int, threads: Int) {
        self.layers = layers
        self.threads = threads
        var itemOffsets: [Int64] = [0]
        for count in pairs.counts { itemOffsets.append(itemOffsets.last! + Int64(count)) }
        var next = itemOffsets
        var degrees = (
            users: [Float](repeating: 0, count: pairs.userCount), items: [Float](repeating: 0, count: pairs.itemCount)
        )
        for user in 0..<pairs.userCount {
            for pair in pairs.range(user) {
                let count = pairs.weights?[pair] ?? 1
                degrees.users[user] += count
                degrees.items[Int(pairs.items[pair])] += count
            }
        }
        var (weights, itemUsers, itemWeights) = (
            [Float](), [Int32](repeating: 0, count: pairs.count), [Float](repeating: 0, count: pairs.count)
        )
        weights.reserveCapacity(pairs.count)
        for user in 0..<pairs.userCount {
            for pair in pairs.range(user) {
                let item = Int(pairs.items[pair])
                let degree = max(degrees.users[user] * degrees.items[item], .leastNormalMagnitude)
                let weight = (pairs.weights?[pair] ?? 1) / degree.squareRoot()
                weights.append(weight)
                itemUsers[Int(next[item])] = Int32(user)
                itemWeights[Int(next[item])] = weight
                next[item] += 1
            }
        }
        users = Side(
            offsets: pairs.offsets, neighbors: pairs.items, weights: weights,
            cuts: Self.cuts(pairs.offsets, threads: threads))
        items = Side(
            offsets: itemOffsets, neighbors: itemUsers, weights: itemWeights,
            cuts: Self.cuts(itemOffsets, threads: threads))
        userLayers = (0..<2).map { _ in Matrix(rows: pairs.userCount, columns: dimension) }
        itemLayers = (0..<2).map { _ in Matrix(rows: pairs.itemCount, columns: dimension) }
    }

    /// The mean of the vectors and of what reaches them over 1, 2, … L edges.
    ///
    /// - Parameters:
    ///   - userVectors: `U × D`.
    ///   - itemVectors: `N × D`.
    ///   - userMeans: receives `U × D`.
    ///   - itemMeans: receives `N × D`.
    /// - Complexity: O(L · edges · D)
    package func propagate(
        users userVectors: Matrix, items itemVectors: Matrix, into userMeans: Matrix, _ itemMeans: Matrix
    ) {
        var (fromUsers, fromItems) = (userVectors, itemVectors)
        for layer in 0...layers {
            let (toUsers, toItems) = (userLayers[layer % 2], itemLayers[layer % 2])
            let (sourceUsers, sourceItems) = (fromUsers, fromItems)
            let isLast = layer == layers
            parallelFor(threads, grain: 1, threads: threads) { parts, _ in
                for part in parts {
                    for (side, source, own, to, means) in [
                        (users, sourceItems, sourceUsers, toUsers, userMeans),
                        (items, sourceUsers, sourceItems, toItems, itemMeans),
                    ] {
                        let rows = side.cuts[part]..<side.cuts[part + 1]
                        Self.add(own, to: means, rows, isFirst: layer == 0, scale: isLast ? 1 / Float(layers + 1) : 1)
                        if !isLast { side.pool(source, into: to, rows) }
                    }
                }
            }
            (fromUsers, fromItems) = (toUsers, toItems)
        }
    }

    /// means = (means + vectors) · scale, on some rows.
    private static func add(_ vectors: Matrix, to means: Matrix, _ rows: Range<Int>, isFirst: Bool, scale: Float) {
        let (from, count) = (rows.lowerBound * means.columns, rows.count * means.columns)
        guard count > 0 else { return }
        if isFirst {
            (means.pointer + from).update(from: vectors.pointer + from, count: count)
        } else {
            martlet_axpy(1, vectors.pointer + from, means.pointer + from, count)
        }
        if scale != 1 {
            for place in from..<from + count { means.pointer[place] *= scale }
        }
    }

    private static func cuts(_ offsets: [Int64], threads: Int) -> [Int] {
        let total = offsets.last ?? 0
        return (0...threads).map { part in
            part == threads
                ? offsets.count - 1 : offsets.firstIndex { $0 >= total * Int64(part) / Int64(threads) } ?? 0
        }
    }
}

extension InteractionGraph.Side {
    /// Each row's weighted sum of its neighbours' vectors.
    fileprivate func pool(_ vectors: Matrix, into sums: Matrix, _ rows: Range<Int>) {
        guard !rows.isEmpty else { return }
        offsets.withUnsafeBufferPointer {
            martlet_pool(
                vectors.pointer, vectors.columns, $0.baseAddress! + rows.lowerBound, neighbors, weights, rows.count, 0,
                sums.pointer + rows.lowerBound * sums.columns, sums.columns)
        }
    }
}
