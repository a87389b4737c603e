import CKernels
import Tensor

/// The second-order part of a factorisation machine: Σ_{i<j} ⟨v_i, v_j⟩ over all fields and numbers of a row.
///
/// The fields' vectors are their embeddings; the history's is the weighted sum of its items'; number n has the vector
/// x_n · V_n. Computed as ½ (‖Σ v‖² − Σ ‖v‖²), in O(fields · D). Numbers carry no gradient on.
///
/// Source: Rendle, "Factorization Machines" (2010).
package struct FactorizationTerms: Sendable {
    private let layout: RankingLayout
    private let numbers: NumberColumns
    /// V, `C × D`.
    package let vectors: Int?
    private let gathered: Int
    private let sums: Int
    private let terms: Int

    /// Adds V.
    package init(_ layout: RankingLayout, plan: inout WorkspacePlan, to parameters: inout Parameters) {
        self.layout = layout
        numbers = NumberColumns(layout)
        vectors =
            numbers.count > 0
            ? parameters.add("numbers.vectors", rows: numbers.count, columns: layout.dimension, isTable: false) : nil
        gathered = plan.add(numbers.count)
        sums = plan.add(layout.dimension)
        terms = plan.add(1)
    }

    /// logits += the terms.
    package func add(_ parameters: Parameters, _ space: RankingWorkspace, rows: Int) {
        let (width, sum, out) = (layout.dimension, space.values[sums], space.values[terms].pointer)
        if let vectors {
            let (v, count) = (parameters[vectors].pointer, numbers.count)
            numbers.gather(space.x, to: space.values[gathered], rows: rows)
            let x = space.values[gathered].pointer
            sgemm(
                m: rows, n: width, k: count, a: x, strideA: count, b: v, strideB: width, c: sum.pointer,
                strideC: width, threads: 1)
            let squares = (0..<count).map { number in
                (0..<width).reduce(Float(0)) { $0 + v[number * width + $1] * v[number * width + $1] }
            }
            for row in 0..<rows {
                var total: Float = 0
                for number in 0..<count { total += x[row * count + number] * x[row * count + number] * squares[number] }
                out[row] = -total / 2
            }
        } else {
            sum.pointer.update(repeating: 0, count: rows * width)
            out.update(repeating: 0, count: rows)
        }
        martlet_fm(
            space.x.pointer + layout.embeddingColumn, layout.width, layout.embeddingCount, width, rows, sum.pointer,
            out)
        for row in 0..<rows { space.logits.pointer[row] += out[row] }
    }

    /// Adds the slopes of x and of V.
    package func backward(
        _ parameters: Parameters, _ space: RankingWorkspace, gradients: DenseGradients, rows: Int
    ) {
        let (width, sum, slope) = (layout.dimension, space.values[sums], space.logitSlope.pointer)
        martlet_fm_backward(
            space.x.pointer + layout.embeddingColumn, layout.width, layout.embeddingCount, width, rows, sum.pointer,
            slope, space.xSlopes + layout.embeddingColumn, layout.width)
        guard let vectors else { return }
        // ∂/∂V_n = Σ_rows slope · x_n · (S − x_n · V_n)
        let (v, gradient, count) = (parameters[vectors].pointer, gradients[vectors].pointer, numbers.count)
        let x = space.values[gathered].pointer
        for row in 0..<rows {
            for number in 0..<count {
                let value = x[row * count + number]
                let factor = slope[row] * value
                martlet_axpy(factor, sum.pointer + row * width, gradient + number * width, width)
                martlet_axpy(-factor * value, v + number * width, gradient + number * width, width)
            }
        }
    }
}
