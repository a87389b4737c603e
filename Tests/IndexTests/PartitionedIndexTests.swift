import Core
import FoundationEssentials
import Index
import Tensor
import Testing

struct PartitionedIndexTests {
    /// Vectors around centres, normalised.
    static func clustered(_ rows: Int, _ dimensions: Int, centres: Int = 60, seed: UInt64) -> Matrix {
        var random = RandomSource(seed: 77)
        let middle = (0..<centres * dimensions).map { _ in Float(random.normal()) }
        random = RandomSource(seed: seed)
        let matrix = Matrix(rows: rows, columns: dimensions)
        for row in 0..<rows {
            let centre = random.index(below: centres)
            var length: Float = 0
            for column in 0..<dimensions {
                let value = middle[centre * dimensions + column] + 0.7 * Float(random.normal())
                matrix[row, column] = value
                length += value * value
            }
            for column in 0..<dimensions { matrix[row, column] /= length.squareRoot() }
        }
        return matrix
    }

    static func recall(_ found: RankedLists, _ expected: RankedLists) -> Double {
        (0..<found.count).reduce(0) {
            $0 + Double(Set(found[$1]).intersection(expected[$1]).count) / Double(max(1, expected[$1].count))
        } / Double(found.count)
    }

    // MARK: - The contract

    @Test(arguments: [1, 8, 19], [1, 2] as [UInt64])
    func followsADictionary(dimensions: Int, seed: UInt64) throws {
        try VectorIndexContract.followsADictionary(PartitionedIndex(dimensions: dimensions), seed: seed)
    }

    /// The same with cells from the beginning, all of them read.
    @Test(arguments: [3, 8, 19], [1, 2] as [UInt64])
    func followsADictionaryInCells(dimensions: Int, seed: UInt64) throws {
        try VectorIndexContract.followsADictionary(
            Celled(index: PartitionedIndex(dimensions: dimensions)), seed: seed)
    }

    @Test func refusesWrongInput() throws {
        try VectorIndexContract.refusesWrongInput(PartitionedIndex(dimensions: 4))
        #expect(throws: MartletError.self) { try PartitionedIndex(Matrix(rows: 2, columns: 5000)) }
    }

    @Test func comesBackFromAFile() throws {
        try ExactIndexTests.withPath {
            try VectorIndexContract.comesBackFromAFile(PartitionedIndex(dimensions: 6), at: $0)
            try VectorIndexContract.comesBackFromAFile(Celled(index: PartitionedIndex(dimensions: 6)), at: $0)
        }
    }

    // MARK: - Recall

    @Test(arguments: [0.9, 0.98], [16, 20])
    func reachesItsTarget(target: Double, dimensions: Int) throws {
        let vectors = Self.clustered(20_000, dimensions, seed: 1)
        let queries = Self.clustered(200, dimensions, seed: 2)
        var index = try PartitionedIndex(vectors, options: PartitionOptions(targetRecall: target, k: 20))
        let expected = topK(queries: queries, items: vectors, k: 20)
        let measured = Self.recall(try index.search(queries, k: 20), expected)
        #expect(measured > target - 0.02)
        // It is not reached by reading everything.
        let report = try index.measureRecall(queries: queries)
        #expect(abs(report.recall - measured) < 0.01)
        #expect(report.scanned < 10_000)
        // Everything is found by reading everything.
        index.effort = .everything
        #expect(Self.recall(try index.search(queries, k: 20), expected) > 0.999)
    }

    @Test func isTheSameForAnyNumberOfThreads() throws {
        let vectors = Self.clustered(6000, 12, seed: 3)
        let queries = Self.clustered(50, 12, seed: 4)
        let one = try PartitionedIndex(vectors, threads: 1)
        let three = try PartitionedIndex(vectors, threads: 3)
        #expect(one.effort == three.effort)
        #expect(try one.search(queries, k: 30) == three.search(queries, k: 30))
        try ExactIndexTests.withPath { first in
            try ExactIndexTests.withPath { second in
                try one.save(to: first)
                try three.save(to: second)
                #expect(
                    try Data(contentsOf: URL(fileURLWithPath: first))
                        == Data(contentsOf: URL(fileURLWithPath: second)))
            }
        }
    }

    @Test(arguments: [0.01, 0.2, 0.9])
    func filtersReturnFullLists(share: Double) throws {
        let vectors = Self.clustered(20_000, 16, seed: 5)
        let queries = Self.clustered(40, 16, seed: 6)
        let index = try PartitionedIndex(vectors, options: PartitionOptions(targetRecall: 0.95, k: 50))
        var random = RandomSource(seed: 8)
        let allowed = (0..<20_000).map { _ in random.uniform() < share }
        let exclude = SparseRows.from(
            rows: (0..<4000).map { Int32($0 % 40) },
            columns: (0..<4000).map { _ in Int32(random.index(below: 20_000)) }, rowCount: 40, columnCount: 20_000)
        let found = try index.search(queries, k: 50, filter: SearchFilter(allowed: allowed, exclude: exclude))
        let expected = topK(queries: queries, items: vectors, k: 50, exclude: exclude, allowed: allowed)
        for query in 0..<40 {
            #expect(found[query].count == expected[query].count)
            #expect(found[query].allSatisfy { allowed[Int($0)] && !exclude[query].contains($0) })
        }
        #expect(Self.recall(found, expected) >= (share < 0.1 ? 0.99 : 0.93))
    }

    // MARK: - Changes

    @Test func changesAreFoundAtOnceAndAfterwards() throws {
        let vectors = Self.clustered(9000, 16, seed: 9)
        let queries = Self.clustered(60, 16, seed: 10)
        var index = try PartitionedIndex(vectors.copy(rows: 0..<6000), options: PartitionOptions(targetRecall: 0.97))
        index.effort = .everything
        let before = index
        index.delete((0..<500).map(Int32.init))
        try index.upsert((6000..<9000).map(Int32.init), vectors: vectors.copy(rows: 6000..<9000))
        try index.upsert([700, 701], vectors: vectors.copy(rows: 0..<2))
        #expect(index.count == 8500)
        #expect(before.count == 6000 && before.vector(of: 3) != nil)
        let all = vectors.copy()
        _ = all.row(700).update(fromContentsOf: vectors.row(0))
        _ = all.row(701).update(fromContentsOf: vectors.row(1))
        let expected = topK(queries: queries, items: all, k: 20, allowed: (0..<9000).map { $0 >= 500 })
        #expect(Self.recall(try index.search(queries, k: 20), expected) > 0.999)
        index.compact()
        #expect(index.keys == (500..<9000).map(Int32.init))
        #expect(Self.recall(try index.search(queries, k: 20), expected) > 0.999)
        #expect(
            Self.recall(
                try before.search(queries, k: 20), topK(queries: queries, items: vectors.copy(rows: 0..<6000), k: 20))
                > 0.999)
    }

    @Test func growsFromNothing() throws {
        var index = PartitionedIndex(dimensions: 8)
        let vectors = Self.clustered(12_000, 8, seed: 11)
        for start in stride(from: 0, to: 12_000, by: 3000) {
            try index.upsert((start..<start + 3000).map(Int32.init), vectors: vectors.copy(rows: start..<start + 3000))
        }
        #expect(index.keys == (0..<12_000).map(Int32.init))
        let queries = Self.clustered(50, 8, seed: 12)
        #expect(Self.recall(try index.search(queries, k: 10), topK(queries: queries, items: vectors, k: 10)) > 0.9)
    }

    // MARK: - Odd input

    @Test func equalAndExtremeVectors() throws {
        let same = Matrix(rows: 5000, columns: 5, values: [Float](repeating: 2, count: 25_000))
        let zeros = Matrix(rows: 5000, columns: 5)
        let huge = Self.clustered(5000, 5, seed: 13)
        for value in 0..<25_000 { huge.values[value] *= value % 2 == 0 ? 1e30 : 1e-30 }
        for vectors in [same, zeros, huge] {
            let index = try PartitionedIndex(vectors, options: PartitionOptions(k: 10))
            for query in [[1, 1, 1, 1, 1], [0, 0, 0, 0, 0], [1e30, 0, 0, 0, -1e-30]] as [[Float]] {
                let list = try index.search(Matrix(rows: 1, columns: 5, values: query), k: 7)
                #expect(Set(list[0]).count == 7)
            }
            let broken = try index.search(Matrix(rows: 1, columns: 5, values: [.nan, 1, 1, 1, .infinity]), k: 3)
            #expect(broken[0].isEmpty)
        }
        let index = try PartitionedIndex(same)
        let all = try index.search(Matrix(rows: 1, columns: 5, values: [1, 0, 0, 0, 0]), k: 6000)
        #expect(Set(all[0]).count == 5000)
    }

    @Test func brokenFilesAreRefused() throws {
        try ExactIndexTests.withPath { path in
            #expect(throws: MartletError.self) { try PartitionedIndex(loading: path) }
            try PartitionedIndex(Self.clustered(5000, 7, seed: 14)).save(to: path)
            let whole = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
            for length in [0, 5, 20, 700, whole.count / 2, whole.count - 1] {
                try AtomicFile.write(whole.prefix(length), to: path)
                #expect(throws: MartletError.self, "\(length) bytes") { try PartitionedIndex(loading: path) }
            }
            // Whatever stands in it, nothing outside of it is read.
            var random = RandomSource(seed: 15)
            let queries = Self.clustered(3, 7, seed: 16)
            for _ in 0..<300 {
                var bytes = whole
                for _ in 0..<4 { bytes[random.index(below: bytes.count)] = UInt8(random.index(below: 256)) }
                // Most of the file is codes: half of the changes go to its header and its last tensors.
                bytes[random.index(below: 1500)] = UInt8(random.index(below: 256))
                bytes[bytes.count - 1 - random.index(below: 40_000)] = UInt8(random.index(below: 256))
                try AtomicFile.write(bytes, to: path)
                if let index = try? PartitionedIndex(loading: path), index.dimensions == 7 {
                    _ = try? index.search(queries, k: 10)
                }
            }
        }
    }
}

/// An index whose vectors are put into cells after every change, and which reads all of them.
struct Celled: VectorIndex {
    var index: PartitionedIndex

    var count: Int { index.count }
    var dimensions: Int { index.dimensions }
    var keys: [Int32] { index.keys }

    init(index: PartitionedIndex) { self.index = index }
    init(loading path: String) throws { index = try PartitionedIndex(loading: path) }

    func vector(of key: Int32) -> [Float]? { index.vector(of: key) }
    func save(to path: String) throws { try index.save(to: path) }

    func search(_ queries: Matrix, k: Int, filter: SearchFilter) throws -> RankedLists {
        // Scores that tie are many: all are kept.
        try index.search(
            queries, k: k, filter: filter, effort: SearchEffort(reach: .infinity, refine: Float(max(1, index.count))))
    }

    mutating func upsert(_ keys: [Int32], vectors: Matrix) throws {
        try index.upsert(keys, vectors: vectors)
        index.compact(fewest: 1)
    }

    mutating func delete(_ keys: [Int32]) -> Int {
        let gone = index.delete(keys)
        index.compact(fewest: 1)
        return gone
    }
}
