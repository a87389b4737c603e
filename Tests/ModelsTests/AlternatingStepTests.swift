import Core
import Features
import Models
import Tensor
import Testing

/// iALS against normal equations and objectives in double precision.
@Suite struct AlternatingStepTests {
    private let held = AlternatingStepTests.random(60, 21, seed: 1)
    private let observed = AlternatingStepTests.rows(90, 60)
    private let regularization = (0..<90).map { Float(0.05 + 0.01 * Double($0 % 7)) }

    private static func random(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
        var random = RandomSource(seed: seed)
        return Matrix(rows: rows, columns: columns, values: (0..<rows * columns).map { _ in Float(random.normal()) })
    }

    /// Rows of 0, 1, 2, … up to 12 items.
    private static func rows(_ rows: Int, _ columns: Int) -> SparseRows {
        var random = RandomSource(seed: 2)
        let items = (0..<rows).map { row in
            var all = (0..<columns).map { Int32($0) }
            random.shuffle(&all)
            return all.prefix(row % 13).sorted()
        }
        return SparseRows(
            columns: columns, offsets: items.reduce(into: [0]) { $0.append($0.last! + $1.count) },
            indices: items.flatMap { $0 })
    }

    private func step(threads: Int = 2) -> AlternatingStep {
        AlternatingStep(
            held: held, gram: AlternatingStep.gram(held, background: 0.3, threads: threads), observed: observed,
            regularization: regularization, weight: 0.7, target: 1.1, threads: threads)
    }

    /// The exact solution of a row.
    private func solution(_ row: Int) -> [Double] {
        let d = held.columns
        let y = (0..<held.rows).map { item in (0..<d).map { Double(held[item, $0]) } }
        var a = [[Double]](repeating: [Double](repeating: 0, count: d), count: d)
        for i in 0..<d {
            a[i][i] = Double(regularization[row])
            for vector in y { for j in 0..<d { a[i][j] += 0.3 * vector[i] * vector[j] } }
        }
        var b = [Double](repeating: 0, count: d)
        for item in observed[row] {
            let vector = y[Int(item)]
            for i in 0..<d {
                b[i] += 1.1 * vector[i]
                for j in 0..<d { a[i][j] += 0.7 * vector[i] * vector[j] }
            }
        }
        return PlainAlgebra.inverse(a).map { zip($0, b).reduce(0) { $0 + $1.0 * $1.1 } }
    }

    private func objective(_ vectors: Matrix) -> Double {
        var sum = 0.0
        for row in 0..<observed.rows {
            let x = (0..<held.columns).map { Double(vectors[row, $0]) }
            sum += Double(regularization[row]) * x.reduce(0) { $0 + $1 * $1 }
            let taken = Set(observed[row])
            for item in 0..<held.rows {
                let score = x.indices.reduce(0.0) { $0 + x[$1] * Double(held[item, $1]) }
                sum += 0.3 * score * score
                if taken.contains(Int32(item)) { sum += 0.7 * score * score - 2 * 1.1 * score + 1.1 }
            }
        }
        return sum
    }

    private func expectSolved(_ vectors: Matrix, within: Double) {
        for row in 0..<observed.rows {
            for (column, wanted) in solution(row).enumerated() {
                #expect(abs(Double(vectors[row, column]) - wanted) < within, "row \(row), column \(column)")
            }
        }
    }

    @Test func oneBlockIsTheExactSolution() {
        let vectors = Self.random(90, 21, seed: 3)
        let found = step().blocks(vectors, size: 21)
        expectSolved(vectors, within: 2e-4)
        #expect(abs(found - objective(vectors)) < 1e-3 * abs(found))
        // A block larger than the vector is the whole vector.
        let again = Self.random(90, 21, seed: 3)
        #expect(step().blocks(again, size: 500) == found)
    }

    @Test(arguments: [1, 4, 8]) func smallBlocksComeDownToIt(size: Int) {
        let vectors = Self.random(90, 21, seed: 4)
        var last = objective(vectors)
        for _ in 0..<4 {
            let found = step().blocks(vectors, size: size)
            #expect(abs(found - objective(vectors)) < 1e-3 * abs(found))
            #expect(found < last)
            last = found
        }
        for _ in 0..<300 { _ = step().blocks(vectors, size: size) }
        expectSolved(vectors, within: 2e-3)
    }

    @Test func conjugateGradientComesDownToIt() {
        let vectors = Self.random(90, 21, seed: 5)
        let before = objective(vectors)
        let found = step().conjugateGradient(vectors, steps: 3)
        #expect(abs(found - objective(vectors)) < 1e-3 * abs(found))
        #expect(found < before)
        _ = step().conjugateGradient(vectors, steps: 60)
        expectSolved(vectors, within: 2e-3)
        // Where there is nothing left to gain, vectors stay.
        #expect(vectors.values.allSatisfy { $0.isFinite })
    }

    @Test func resultsDoNotDependOnTheThreads() {
        let both = [1, 3].map { threads in
            let vectors = Self.random(90, 21, seed: 6)
            let first = step(threads: threads).conjugateGradient(vectors, steps: 2)
            let second = step(threads: threads).blocks(vectors, size: 8)
            return (Array(vectors.values), [first, second])
        }
        #expect(both[0] == both[1])
    }

    @Test(arguments: ["all", "unobserved"]) func theReportedLossIsTheObjective(background: String) throws {
        let data = try BehaviourTests.data.get()
        var model = try ModelRegistry.make(
            kind: "ials",
            hyperparameters: [
                "dimension": 12, "epochs": 7, "background": .string(background), "observed-weight": 1.5,
                "regularization": 0.01, "regularization-exponent": 0.8, "solver": "block",
            ])
        let report = try model.fit(data, options: TrainingOptions())
        #expect(report.loss.count == 7)
        #expect(report.loss == report.loss.sorted(by: >))
        // The users are solved for once more after the last epoch, so the objective is at most a little below.
        let folder = temporaryFolder()
        try model.save(to: folder)
        let file = try SafetensorsFile(path: folder + "/weights.safetensors")
        let (users, items) = (data.users.count, data.items.count)
        let x = try file.floats("users", shape: [users, 12]).map { Double($0) }
        let y = try file.floats("items", shape: [items, 12]).map { Double($0) }
        let history = try data.history([.train])
        let takers = history.transposed()
        var loss = 0.0
        for user in 0..<users {
            let taken = Set(history[user])
            for item in 0..<items {
                let score = (0..<12).reduce(0.0) { $0 + x[user * 12 + $1] * y[item * 12 + $1] }
                let isTaken = taken.contains(Int32(item))
                if isTaken { loss += 1.5 * (score - 1) * (score - 1) }
                if !isTaken || background == "all" { loss += 0.1 * score * score }
            }
        }
        func penalty(_ vectors: [Double], _ row: Int, _ count: Int, of others: Int) -> Double {
            let square = vectors[row * 12..<(row + 1) * 12].reduce(0) { $0 + $1 * $1 }
            return 0.01 * Reference.power(Double(count) + 0.1 * Double(others), 0.8) * square
        }
        for user in 0..<users { loss += penalty(x, user, Set(history[user]).count, of: items) }
        for item in 0..<items { loss += penalty(y, item, Set(takers[item]).count, of: users) }
        #expect(loss <= report.loss[6] * 1.0001 && loss > report.loss[6] * 0.97)
    }

    @Test func aHistoryIsSolvedForAsInTraining() throws {
        let data = try BehaviourTests.data.get()
        var model = try ModelRegistry.make(
            kind: "ials", hyperparameters: ["dimension": 16, "epochs": 20, "steps": 8])
        _ = try model.fit(data, options: TrainingOptions())
        let users: [Int32] = [0, 50, 200]
        let history = try data.history([.train]).gathering(rows: users)
        let stored = try model.recommend(RecommendationRequest(users: users, k: 10, at: 0), data: data)
        let folded = try model.recommend(
            RecommendationRequest(users: users, k: 10, at: 0, history: history), data: data)
        for (a, b) in zip(stored.scores, folded.scores) { #expect(abs(a - b) < 1e-3) }
    }
}
