import Core

/// The space of block Lanczos: an orthonormal basis Q, and T = Qᵀ · AᵀA · Q.
struct LanczosSpace {
    /// The most dimensions.
    let limit: Int
    /// The dimensions so far whose products with AᵀA are known.
    private(set) var dimensions = 0

    private let matrix: SparseRows
    private let transposed: SparseRows
    private let block: Int
    private let threads: Int?
    /// `columns × limit`, the first `dimensions + width` columns in use.
    private let basis: Matrix
    /// `limit × limit`, its lower triangle in use.
    private let projected: Matrix
    /// The newest block, not multiplied yet: `columns × width`.
    private var newest = Matrix(rows: 0, columns: 0)
    /// How the newest block couples to the one before: `width × width of that`.
    private var coupling = Matrix(rows: 0, columns: 0)

    init(_ matrix: SparseRows, limit: Int, block: Int, threads: Int?) {
        self.matrix = matrix
        transposed = matrix.transposed()
        self.limit = limit
        self.block = block
        self.threads = threads
        basis = Matrix(rows: matrix.columns, columns: limit)
        projected = Matrix(rows: limit, columns: limit)
    }

    /// Begins with a random block.
    mutating func begin(seed: UInt64) throws {
        let start = Matrix(rows: matrix.columns, columns: min(block, limit))
        var random = RandomSource(seed: seed)
        for index in start.values.indices { start.values[index] = Float(random.normal()) }
        // Within the rows' span from the first: a direction that A forgets is of no use.
        let image = product(start)
        try append(image, couples: false)
    }

    /// Multiplies the newest block by AᵀA and appends what is new in the product.
    ///
    /// - Returns: false if nothing was new, or no room is left: the space is invariant, or full.
    mutating func grow() throws -> Bool {
        let width = newest.columns
        guard width > 0 else { return false }
        let image = product(newest)
        dimensions += width
        try append(image, couples: true)
        return newest.columns > 0
    }

    /// The largest `count` Ritz values, falling, their vectors in the basis (`count × dimensions`), and the largest
    /// residual as a share of the largest value.
    func ritz(_ count: Int) throws -> (values: [Float], vectors: Matrix, residual: Float) {
        let small = Matrix(rows: dimensions, columns: dimensions)
        for row in 0..<dimensions {
            small.row(row).baseAddress!.update(from: projected.row(row).baseAddress!, count: row + 1)
        }
        let eigen = try SymmetricEigen(small)
        let largest = max(eigen.values.first ?? 0, 0)
        let kept = eigen.values.prefix(count).prefix { $0 > largest * 1e-6 && $0 > 0 }.count
        var residual: Float = 0
        let before = coupling.columns
        for k in 0..<kept {
            var square: Float = 0
            for row in 0..<coupling.rows {
                var sum: Float = 0
                for column in 0..<before {
                    sum += coupling[row, column] * eigen.vectors[k, dimensions - before + column]
                }
                square += sum * sum
            }
            residual = max(residual, square.squareRoot() / largest)
        }
        return (Array(eigen.values.prefix(kept)), eigen.vectors.copy(rows: 0..<kept), residual)
    }

    /// The vectors themselves, as columns: `columns × count`.
    func vectors(_ inBasis: Matrix) -> Matrix {
        let result = Matrix(rows: basis.rows, columns: inBasis.rows)
        guard inBasis.rows > 0 else { return result }
        sgemm(
            transposeB: true, m: basis.rows, n: inBasis.rows, k: dimensions, a: basis.pointer, strideA: limit,
            b: inBasis.pointer, strideB: inBasis.columns, c: result.pointer, strideC: inBasis.rows, threads: threads)
        return result
    }

    /// AᵀA · X.
    private func product(_ x: Matrix) -> Matrix {
        let image = Matrix(rows: matrix.rows, columns: x.columns)
        let back = Matrix(rows: matrix.columns, columns: x.columns)
        matrix.multiply(x, into: image, threads: threads)
        transposed.multiply(image, into: back, threads: threads)
        return back
    }

    /// Makes the image of the newest block orthonormal, to the basis and in itself, and puts it behind the basis;
    /// directions that hold nothing new are dropped. Twice, for float32's sake. T's rows of the newest block come of it.
    private mutating func append(_ image: Matrix, couples: Bool) throws {
        var q = image
        var r = Matrix(rows: 0, columns: 0)
        let scale = image.values.reduce(Float(0)) { $0 + $1 * $1 }
        for round in 0..<2 where q.columns > 0 {
            if couples { project(q, recording: round == 0) }
            let factor = try orthonormalFactor(q, least: round == 0 ? scale * 1e-10 : 0)
            q = Matrix.product(q, factor.down, threads: threads)
            r = round == 0 ? factor.up : Matrix.product(factor.up, r, threads: 1)
        }
        coupling = couples ? r : Matrix(rows: 0, columns: 0)
        // The last block may be cut only where the space is then everything there is; a block that does not fit still
        // says by its coupling how far the space is from invariant.
        let room = limit - dimensions
        let width = q.columns <= room ? q.columns : limit == matrix.columns ? room : 0
        newest = Matrix(rows: q.rows, columns: width)
        guard width > 0 else { return }
        for row in 0..<q.rows {
            let vector = q.row(row).baseAddress!
            (basis.row(row).baseAddress! + dimensions).update(from: vector, count: width)
            newest.row(row).baseAddress!.update(from: vector, count: width)
        }
    }

    /// Takes off `w` what lies in the space; the first time, the coefficients are T's rows of the newest block.
    private func project(_ w: Matrix, recording: Bool) {
        let width = w.columns
        let coefficients = Matrix(rows: dimensions, columns: width)
        sgemm(
            transposeA: true, m: dimensions, n: width, k: basis.rows, a: basis.pointer, strideA: limit, b: w.pointer,
            strideB: width, c: coefficients.pointer, strideC: width, threads: threads)
        sgemm(
            m: basis.rows, n: width, k: dimensions, alpha: -1, a: basis.pointer, strideA: limit,
            b: coefficients.pointer, strideB: width, beta: 1, c: w.pointer, strideC: width, threads: threads)
        guard recording else { return }
        let first = dimensions - width
        for row in 0..<width {
            for column in 0...(first + row) { projected[first + row, column] = coefficients[column, row] }
        }
    }

    /// With WᵀW = E Λ Eᵀ: `down` = E Λ^(−1/2), which makes W orthonormal, and `up` = Λ^(1/2) Eᵀ, the way back; of Λ only
    /// what is clearly more than rounding.
    private func orthonormalFactor(_ w: Matrix, least: Float) throws -> (down: Matrix, up: Matrix) {
        let gram = Matrix.product(w, transposed: true, w, threads: threads)
        let eigen = try SymmetricEigen(gram)
        guard let largest = eigen.values.first, largest > 0 else {
            return (Matrix(rows: w.columns, columns: 0), Matrix(rows: 0, columns: w.columns))
        }
        let kept = eigen.values.prefix { $0 > max(largest * 1e-6, least) }.count
        let down = Matrix(rows: w.columns, columns: kept)
        let up = Matrix(rows: kept, columns: w.columns)
        for k in 0..<kept {
            let root = eigen.values[k].squareRoot()
            for column in 0..<w.columns {
                down[column, k] = eigen.vectors[k, column] / root
                up[k, column] = eigen.vectors[k, column] * root
            }
        }
        return (down, up)
    }
}
