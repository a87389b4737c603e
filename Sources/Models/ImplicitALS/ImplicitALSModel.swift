import Core
import Features
import Tensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// iALS: factors by alternating least squares, everything that was not taken counting a little.
///
/// min Σ_{(u, i) taken} w (⟨x_u, y_i⟩ − 1)² + α₀ Σ_{all u, i} ⟨x_u, y_i⟩² + Σ_u λ_u ‖x_u‖² + Σ_i λ_i ‖y_i‖²
///
/// with λ_u = λ (|I_u| + α₀ N)^ν and λ_i = λ (|U_i| + α₀ U)^ν: who is seen more often is regularised more. The users'
/// vectors are solved for, the items' held, and the other way round; at the end the users' once more, as a user who
/// comes later with a history would be.
///
/// Source: Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (ICDM 2008); objective and
/// regularisation as in Rendle et al., "Revisiting the Performance of iALS on Item Recommendation Benchmarks" (2021).
public struct ImplicitALSModel: RetrievalModel {
    /// `ials`.
    public static let kind = "ials"

    private let settings: ImplicitALSHyperparameters
    private var factors: Factors?

    /// Makes a model that is not fitted yet; see the keys in ``hyperparameters``.
    ///
    /// - Throws: `invalidConfiguration` for an unknown key or a wrong value.
    public init(hyperparameters: JSONValue) throws {
        settings = try ImplicitALSHyperparameters(json: hyperparameters, kind: Self.kind)
    }

    /// Reports unknown keys and wrong values.
    public static func check(_ fields: inout ConfigurationFields) {
        _ = ImplicitALSHyperparameters(&fields)
        fields.finish()
    }

    /// All hyperparameters, defaults filled in.
    public var hyperparameters: JSONValue { settings.json }

    /// Solves for users and items in turn. The report's losses are the objective above after each epoch.
    ///
    /// - Throws: `invalidData` for weights that are no positive numbers, `failedCheck` for a loss that is no number,
    ///   `cancelled`.
    /// - Complexity: see ``AlternatingStep``; memory O(rows + (U + N) · D)
    public mutating func fit(_ data: InteractionDataset, options: TrainingOptions) throws -> TrainingReport {
        let clock = TrainingClock()
        let histories = try UserHistories(data, windows: options.windows)
        let taken = histories.distinctItems(itemCount: data.items.count)
        let takers = taken.transposed()
        let users = start(taken, seed: options.seed, stream: 0)
        let items = start(takers, seed: options.seed, stream: 1)
        let (userPenalty, itemPenalty) = (penalties(taken), penalties(takers))
        let epochs = options.epochs ?? settings.epochs
        let task = "train \(Self.kind)"
        options.progress.begin(task)
        var losses: [Double] = []
        let begin = ContinuousClock.now
        for epoch in 0..<epochs {
            try options.checkCancellation()
            _ = solve(users, held: items, taken, userPenalty, steps: settings.steps, options)
            let objective = solve(items, held: users, takers, itemPenalty, steps: settings.steps, options)
            let loss = objective + penalty(users, userPenalty)
            guard loss.isFinite else {
                throw MartletError(
                    .failedCheck, "epoch \(epoch + 1) of \(Self.kind): the loss is no number any more",
                    hint: "make 'regularization' larger")
            }
            losses.append(loss)
            options.log(epoch: epoch + 1, loss: loss)
            options.progress.update(task, done: epoch + 1, total: epochs, unit: "epochs", note: "loss \(Float(loss))")
        }
        let seconds = TrainingClock.seconds(since: begin)
        // The last word is the users': with the items as they are now, and with more care.
        _ = solve(users, held: items, taken, userPenalty, steps: 4 * settings.steps, options)
        factors = Factors(
            users: users, items: items, popularity: Factors.popularity(histories, itemCount: data.items.count),
            shape: DatasetShape(data, windows: options.windows))
        options.progress.end(task, summary: "loss \(losses.last.map { "\(Float($0))" } ?? "–")")
        return TrainingReport(
            model: Self.kind, interactions: histories.count, epochs: epochs, bestEpoch: epochs, loss: losses,
            seconds: clock.seconds, samplesPerSecond: Double(histories.count * epochs) / max(seconds, 1e-9),
            peakMemoryBytes: TrainingClock.peakMemoryBytes)
    }

    /// The items with the largest inner products; popular ones for users of whom nothing is known.
    ///
    /// A history that the request brings is solved for, as in training.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or on a dataset of another shape.
    /// - Complexity: O(users · N · D)
    public func recommend(_ request: RecommendationRequest, data: InteractionDataset) throws -> RankedLists {
        let factors = try fitted()
        guard request.history != nil else { return try factors.lists(request, data: data) }
        try checkIndices(request.users, in: -1..<data.users.count, of: "user")
        // Whatever is stored of them, the history that came along is what counts.
        var strangers = request
        strangers.users = [Int32](repeating: -1, count: request.users.count)
        return try factors.lists(strangers, data: data, foldIn: foldIn(factors))
    }

    /// The items whose vectors have the largest cosine with each item's.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or for an index outside the dataset.
    public func similarItems(to items: [Int32], k: Int) throws -> RankedLists {
        try fitted().similarItems(to: items, k: k)
    }

    /// The inner products of pairs.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or for an index outside the dataset.
    public func score(users: [Int32], items: [Int32], data: InteractionDataset) throws -> [Float] {
        try fitted().score(users: users, items: items, data: data)
    }

    func fitted() throws -> Factors {
        guard let factors else { throw notFitted(Self.kind) }
        return factors
    }
}

// MARK: - Solving

extension ImplicitALSModel {
    /// w and t; see ``AlternatingStep``.
    private var weights: (weight: Float, target: Float) {
        let observed = Float(settings.observedWeight)
        return (settings.background == .all ? observed : observed - Float(settings.unobservedWeight), observed)
    }

    /// Solves for one side and returns its objective.
    private func solve(
        _ vectors: Matrix, held: Matrix, _ observed: SparseRows, _ penalties: [Float], steps: Int,
        _ options: TrainingOptions
    ) -> Double {
        let step = AlternatingStep(
            held: held,
            gram: AlternatingStep.gram(
                held, background: Float(settings.unobservedWeight), threads: options.threads),
            observed: observed, regularization: penalties, weight: weights.weight, target: weights.target,
            threads: options.threads)
        switch settings.solver {
        case .conjugateGradient: return step.conjugateGradient(vectors, steps: steps)
        case .block: return step.blocks(vectors, size: settings.blockSize)
        }
    }

    /// Random vectors for the rows that have items, zeros for the others.
    private func start(_ observed: SparseRows, seed: UInt64, stream: UInt64) -> Matrix {
        let vectors = Matrix(rows: observed.rows, columns: settings.dimension)
        let scale = settings.initialScale / Double(settings.dimension).squareRoot()
        var random = RandomSource(seed: seed, stream: stream)
        for row in 0..<observed.rows where !observed.range(row).isEmpty {
            let vector = vectors.row(row)
            for place in vector.indices { vector[place] = Float(random.normal() * scale) }
        }
        return vectors
    }

    /// λ (n + α₀ M)^ν of a row with n of M items.
    private func penalty(_ count: Int, of others: Int) -> Float {
        let mass = Double(count) + settings.unobservedWeight * Double(others)
        return Float(settings.regularization * pow(mass, settings.regularizationExponent))
    }

    private func penalties(_ observed: SparseRows) -> [Float] {
        (0..<observed.rows).map { penalty(observed.range($0).count, of: observed.columns) }
    }

    /// Σ λ ‖x‖².
    private func penalty(_ vectors: Matrix, _ penalties: [Float]) -> Double {
        (0..<vectors.rows).reduce(0.0) { sum, row in
            let vector = UnsafeBufferPointer(vectors.row(row))
            return sum + Double(penalties[row] * dot(vector, vector))
        }
    }

    /// Makes the exact vector of a user with a history.
    func foldIn(_ factors: Factors) -> Factors.FoldIn {
        let gram = AlternatingStep.gram(factors.items, background: Float(settings.unobservedWeight), threads: nil)
        return { history in
            let row = SparseRows(
                columns: factors.items.rows, offsets: [0, history.count], indices: Array(history)
            ).distinct()
            let step = AlternatingStep(
                held: factors.items, gram: gram, observed: row,
                regularization: [penalty(row.count, of: row.columns)], weight: weights.weight,
                target: weights.target, threads: 1)
            let vector = Matrix(rows: 1, columns: factors.dimension)
            _ = step.blocks(vector, size: factors.dimension)
            return Array(vector.values)
        }
    }
}

// MARK: - On disk

extension ImplicitALSModel {
    /// Writes the vectors, and the popularity that newcomers see.
    ///
    /// - Throws: `invalidData` if the model was not fitted, `system` if the folder cannot be written.
    public func save(to folder: String) throws {
        try fitted().save(to: folder, kind: Self.kind, hyperparameters: hyperparameters)
    }

    /// Reads a model that ``save(to:)`` wrote.
    ///
    /// - Throws: `notFound` or `corrupted` if there is no such model in the folder.
    public init(loading folder: String) throws {
        let file = try ModelFolder(folder).weights(kind: Self.kind)
        try self.init(hyperparameters: file.json("hyperparameters"))
        factors = try Factors(file)
    }
}
