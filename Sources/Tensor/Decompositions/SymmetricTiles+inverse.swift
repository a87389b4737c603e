import COpenBLAS
import Core
import Synchronization

extension SymmetricTiles {
    /// Puts the inverse in place of this positive definite matrix.
    ///
    /// A = L · Lᵀ, then L⁻¹, then A⁻¹ = L⁻ᵀ · L⁻¹, each in place and tile by tile, so that all of the work is products
    /// of tiles, which threads share; nothing but a column of tiles is needed besides. The result is the same whatever
    /// the number of threads.
    ///
    /// Source: Bientinesi, Gunter and van de Geijn, "Families of Algorithms Related to the Inversion of a Symmetric
    /// Positive Definite Matrix" (2008).
    ///
    /// - Parameters:
    ///   - threads: the most threads to use; ``Threads/count`` if nil.
    ///   - progress: told how many of how many products of tiles are done, from the calling thread.
    /// - Throws: `failedCheck` if the matrix is not positive definite, and what `progress` throws, which ends the work.
    /// - Complexity: O(order³) multiplications and additions
    package func invert(
        threads: Int? = nil, progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws {
        _ = Threads.blasIsSequential
        let total = max(side * (side + 1) * (side + 2) / 2, 1)
        var done = 0
        func advance(by products: Int) throws {
            done += products
            try progress(min(done, total), total)
        }
        for k in 0..<side {
            try factor(k, threads: threads)
            try advance(by: (side - k) * (side - k + 1) / 2)
        }
        let column = Matrix(rows: side, columns: tile * tile)
        for j in stride(from: side - 2, through: 0, by: -1) {
            invertColumn(j, column, threads: threads)
            try advance(by: (side - j) * (side - j + 1) / 2)
        }
        let diagonal = Matrix(rows: 1, columns: tile * tile)
        for i in 0..<side {
            multiplyRow(i, diagonal, threads: threads)
            try advance(by: (i + 1) * (side - i))
        }
    }

    /// Column `k` of L, then its part taken off what is right of it. The diagonal tile becomes L(k, k)⁻¹ at once:
    /// nothing later needs L(k, k) itself.
    private func factor(_ k: Int, threads: Int?) throws {
        try invertFactor(k)
        eachTask(side - k - 1, threads: threads) { task, scratch in
            let i = k + 1 + task
            multiply(pointer(i, k), pointer(k, k), transposeB: true, into: scratch)
            pointer(i, k).update(from: scratch, count: tile * tile)
        }
        let rest = side - k - 1
        eachTask(rest * (rest + 1) / 2, threads: threads) { task, _ in
            let (row, column) = Self.place(task)
            let (i, j) = (k + 1 + row, k + 1 + column)
            multiply(pointer(i, k), pointer(j, k), transposeB: true, alpha: -1, beta: 1, into: pointer(i, j))
        }
    }

    /// Column `j` of L⁻¹ below the diagonal: −(L⁻¹ of the rows below) · L(·, j) · L(j, j)⁻¹.
    private func invertColumn(_ j: Int, _ column: Matrix, threads: Int?) {
        for k in (j + 1)..<side { column.row(k).baseAddress!.update(from: pointer(k, j), count: tile * tile) }
        // The lowest tile has the most to add up, so it comes first.
        eachTask(side - j - 1, threads: threads) { task, scratch in
            let i = side - 1 - task
            for k in (j + 1)...i {
                multiply(
                    pointer(i, k), column.row(k).baseAddress!, alpha: -1, beta: k == j + 1 ? 0 : 1, into: scratch)
            }
            multiply(scratch, pointer(j, j), into: pointer(i, j))
        }
    }

    /// Row `i` of L⁻ᵀ · L⁻¹, of which rows further down still have L⁻¹.
    private func multiplyRow(_ i: Int, _ diagonal: Matrix, threads: Int?) {
        diagonal.pointer.update(from: pointer(i, i), count: tile * tile)
        eachTask(i + 1, threads: threads) { j, scratch in
            multiply(transposeA: true, diagonal.pointer, pointer(i, j), into: scratch)
            for k in (i + 1)..<max(side, i + 1) {
                multiply(transposeA: true, pointer(k, i), pointer(k, j), beta: 1, into: scratch)
            }
            // Only this task reads the tile that it replaces; the diagonal one was copied.
            pointer(i, j).update(from: scratch, count: tile * tile)
        }
    }

    /// The inverse of the Cholesky factor of diagonal tile `k`, zeros above the diagonal.
    private func invertFactor(_ k: Int) throws {
        let a = pointer(k, k)
        var order = Int32(tile)
        var info: Int32 = 0
        // LAPACK counts by columns: our lower triangle is its upper one.
        spotrf_("U", &order, a, &order, &info)
        if info == 0 { strtri_("U", "N", &order, a, &order, &info) }
        guard info == 0 else {
            throw MartletError(
                .failedCheck, "the matrix is not positive definite (row \(k * tile + Int(info) - 1))",
                hint: "add more to its diagonal: a larger regularization")
        }
        for row in 0..<tile { (a + row * tile + row + 1).update(repeating: 0, count: tile - row - 1) }
    }

    /// C = α · op(A) · op(B) + β · C on tiles, by the calling thread.
    private func multiply(
        transposeA: Bool = false, _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>,
        transposeB: Bool = false, alpha: Float = 1, beta: Float = 0, into c: UnsafeMutablePointer<Float>
    ) {
        let n = blasint(tile)
        cblas_sgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans, n, n, n,
            alpha, a, n, b, n, beta, c, n)
    }

    /// Runs tasks that don't depend on one another, handed out as workers become free, each worker with a tile of
    /// scratch memory.
    private func eachTask(
        _ count: Int, threads: Int?, _ body: @Sendable (_ task: Int, _ scratch: UnsafeMutablePointer<Float>) -> Void
    ) {
        let next = Atomic(0)
        parallelFor(min(count, threads ?? Threads.count), threads: threads) { _, _ in
            let scratch = Matrix(rows: 1, columns: tile * tile)
            while true {
                let task = next.add(1, ordering: .relaxed).oldValue
                guard task < count else { break }
                body(task, scratch.pointer)
            }
        }
    }

    /// The row and column of place `index` in a lower triangle that is counted row by row.
    private static func place(_ index: Int) -> (row: Int, column: Int) {
        var row = Int((Double(8 * index + 1).squareRoot() - 1) / 2)
        while row * (row + 1) / 2 > index { row -= 1 }
        while (row + 1) * (row + 2) / 2 <= index { row += 1 }
        return (row, index - row * (row + 1) / 2)
    }
}
