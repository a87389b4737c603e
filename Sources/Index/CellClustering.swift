import CKernels
import Core
import Tensor

/// k-means: parts vectors into cells of small variance, Σ‖x − μ‖² (Lloyd 1982).
///
/// Products are made of bfloat16: a vector at the border of two cells may get either, which costs nothing. Each mean is
/// added up in the order of the vectors, so the result doesn't depend on the number of threads.
struct CellClustering {
    /// `C × D`: the means.
    let centroids: Matrix

    /// Finds `cells` means of the rows of `vectors`.
    ///
    /// - Complexity: O(rounds · N · C · D)
    init(_ vectors: Matrix, cells: Int, rounds: Int, seed: UInt64, threads: Int?) {
        precondition(cells >= 1 && cells <= max(vectors.rows, 1), "\(cells) cells of \(vectors.rows) vectors")
        var random = RandomSource(seed: seed)
        let first = CellClustering.draw(cells, of: vectors.rows, &random)
        centroids = Matrix(rows: cells, columns: vectors.columns)
        for (cell, row) in first.enumerated() { _ = centroids.row(cell).update(fromContentsOf: vectors.row(row)) }
        for round in 0..<rounds {
            let members = CellMembers(CellClustering.assign(vectors, to: centroids, threads: threads), cells: cells)
            CellClustering.average(vectors, members, into: centroids, threads: threads)
            if round + 1 < rounds { fillEmpty(vectors, members, &random) }
        }
    }

    /// Different numbers below `count`, ascending.
    static func draw(_ wanted: Int, of count: Int, _ random: inout RandomSource) -> [Int] {
        // Floyd's method: every set is equally likely.
        var chosen: Set<Int> = []
        for last in count - wanted..<count {
            let number = random.index(below: last + 1)
            chosen.insert(chosen.contains(number) ? last : number)
        }
        return chosen.sorted()
    }

    /// Puts a cell without members beside a random vector of one of the largest cells.
    private func fillEmpty(_ vectors: Matrix, _ members: CellMembers, _ random: inout RandomSource) {
        let empty = (0..<members.cells).filter { members[$0].isEmpty }
        guard !empty.isEmpty else { return }
        let largest = (0..<members.cells).sorted { (members[$1].count, $0) < (members[$0].count, $1) }
        for (number, cell) in empty.enumerated() {
            let crowd = members[largest[number % max(1, members.cells - empty.count)]]
            let row = Int(crowd[crowd.startIndex + random.index(below: crowd.count)])
            _ = centroids.row(cell).update(fromContentsOf: vectors.row(row))
        }
    }

    /// The nearest centroid of each row: the largest ⟨x, μ⟩ − ‖μ‖²/2, the lowest of equals.
    static func assign(_ vectors: Matrix, to centroids: Matrix, threads: Int?) -> [Int32] {
        let (tall, wide, dimensions) = (192, 512, vectors.columns)
        let bias = Matrix(rows: 1, columns: centroids.rows)
        for cell in 0..<centroids.rows {
            bias[0, cell] =
                -0.5 * dot(UnsafeBufferPointer(centroids.row(cell)), UnsafeBufferPointer(centroids.row(cell)))
        }
        var result = [Int32](repeating: 0, count: vectors.rows)
        result.withUnsafeMutableBufferPointer { result in
            nonisolated(unsafe) let result = result
            parallelFor(vectors.rows, grain: tall, threads: threads) { range, _ in
                let scores = Matrix(rows: tall, columns: wide)
                var best = [Float](repeating: 0, count: tall)
                for start in stride(from: range.lowerBound, to: range.upperBound, by: tall) {
                    let rows = min(tall, range.upperBound - start)
                    for row in 0..<rows { best[row] = -.infinity }
                    for first in stride(from: 0, to: centroids.rows, by: wide) {
                        let columns = min(wide, centroids.rows - first)
                        multiply(
                            transposeB: true, m: rows, n: columns, k: dimensions,
                            a: vectors.pointer + start * dimensions, strideA: dimensions,
                            b: centroids.pointer + first * dimensions, strideB: dimensions, c: scores.pointer,
                            strideC: wide, bias: bias.pointer + first, precision: .bfloat16)
                        martlet_cells_best(
                            scores.pointer, rows, columns, wide, Int32(first), &best, result.baseAddress! + start)
                    }
                }
            }
        }
        return result
    }

    /// The mean of each cell's vectors; a cell without any keeps its centroid.
    static func average(_ vectors: Matrix, _ members: CellMembers, into centroids: Matrix, threads: Int?) {
        parallelFor(members.cells, grain: 8, threads: threads) { range, _ in
            var sum = [Double](repeating: 0, count: vectors.columns)
            for cell in range where !members[cell].isEmpty {
                for column in sum.indices { sum[column] = 0 }
                for row in members[cell] {
                    let vector = vectors.pointer + Int(row) * vectors.columns
                    for column in sum.indices { sum[column] += Double(vector[column]) }
                }
                let centroid = centroids.row(cell)
                for column in sum.indices { centroid[column] = Float(sum[column] / Double(members[cell].count)) }
            }
        }
    }
}
