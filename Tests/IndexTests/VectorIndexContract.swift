import Core
import Index
import Tensor
import Testing

/// What every `VectorIndex` must do, run against each of them.
enum VectorIndexContract {
    /// Small whole numbers: scores are exact, and ties abound.
    static func vectors(_ rows: Int, _ dimensions: Int, seed: UInt64) -> Matrix {
        var random = RandomSource(seed: seed)
        let values = (0..<rows * dimensions).map { _ in Float(random.index(below: 11)) - 5 }
        return Matrix(rows: rows, columns: dimensions, values: values)
    }

    /// The best keys by a sort of all.
    static func reference(_ contents: [Int32: [Float]], _ query: [Float], k: Int, filter: SearchFilter, row: Int)
        -> [Int32]
    {
        let hidden = Set(filter.exclude?[row] ?? [])
        let scored = contents.compactMap { key, vector -> (key: Int32, score: Float)? in
            if hidden.contains(key) { return nil }
            if let allowed = filter.allowed, Int(key) >= allowed.count || !allowed[Int(key)] { return nil }
            return (key, zip(query, vector).reduce(0) { $0 + $1.0 * $1.1 })
        }
        return scored.sorted { ($1.score, $0.key) < ($0.score, $1.key) }.prefix(k).map(\.key)
    }

    /// Random changes, each followed by searches that must agree with a dictionary.
    static func followsADictionary<Index: VectorIndex>(_ empty: Index, seed: UInt64) throws {
        let dimensions = empty.dimensions
        var index = empty
        var contents: [Int32: [Float]] = [:]
        var random = RandomSource(seed: seed)
        for round in 0..<12 {
            let keys = (0..<20).map { _ in Int32(random.index(below: 150)) }
            if round % 3 == 2 {
                let present = Set(keys).filter { contents[$0] != nil }
                #expect(index.delete(keys) == present.count)
                for key in keys { contents[key] = nil }
            } else {
                let vectors = vectors(keys.count, dimensions, seed: seed &+ UInt64(round))
                let before = index
                try index.upsert(keys, vectors: vectors)
                #expect(before.keys == contents.keys.sorted(), "a copy is a snapshot")
                for (row, key) in keys.enumerated() { contents[key] = Array(vectors.row(row)) }
            }
            #expect(index.keys == contents.keys.sorted())
            #expect(index.count == contents.count)
            for key in keys { #expect(index.vector(of: key) == contents[key]) }

            let count = round % 2 == 0 ? 3 : 70
            let queries = vectors(count, dimensions, seed: seed &+ 1000 &+ UInt64(round))
            let exclude = SparseRows.from(
                rows: (0..<count * 9).map { Int32($0 % count) },
                columns: (0..<count * 9).map { _ in Int32(random.index(below: 150)) }, rowCount: count, columnCount: 150
            )
            let allowed = (0..<130).map { _ in random.uniform() < 0.5 }
            for filter in [
                SearchFilter(), SearchFilter(allowed: allowed), SearchFilter(exclude: exclude),
                SearchFilter(allowed: allowed, exclude: exclude),
            ] {
                let found = try index.search(queries, k: 10, filter: filter)
                for row in 0..<count {
                    let expected = reference(contents, Array(queries.row(row)), k: 10, filter: filter, row: row)
                    #expect(Array(found[row]) == expected)
                }
            }
        }
    }

    /// Wrong input is refused, and leaves the index as it was.
    static func refusesWrongInput<Index: VectorIndex>(_ empty: Index) throws {
        var index = empty
        let dimensions = empty.dimensions
        try index.upsert([4, 2], vectors: vectors(2, dimensions, seed: 1))
        let broken = vectors(1, dimensions, seed: 2)
        broken[0, 0] = .nan
        #expect(throws: MartletError.self) { try index.upsert([1], vectors: broken) }
        #expect(throws: MartletError.self) { try index.upsert([1, 3], vectors: vectors(1, dimensions, seed: 3)) }
        #expect(throws: MartletError.self) { try index.upsert([-1], vectors: vectors(1, dimensions, seed: 3)) }
        #expect(throws: MartletError.self) { try index.upsert([1], vectors: vectors(1, dimensions + 1, seed: 3)) }
        #expect(throws: MartletError.self) { _ = try index.search(vectors(1, dimensions + 1, seed: 3), k: 1) }
        #expect(throws: MartletError.self) { _ = try index.search(vectors(1, dimensions, seed: 3), k: 0) }
        let rows = SearchFilter(exclude: .empty(rows: 2, columns: 5))
        #expect(throws: MartletError.self) { _ = try index.search(vectors(1, dimensions, seed: 3), k: 1, filter: rows) }
        #expect(index.keys == [2, 4])
    }

    /// What was saved is loaded, and searched alike.
    static func comesBackFromAFile<Index: VectorIndex>(_ empty: Index, at path: String) throws {
        var index = empty
        try index.save(to: path)
        #expect(try Index(loading: path).keys == [])
        try index.upsert((0..<90).map { Int32($0 * 3) }, vectors: vectors(90, empty.dimensions, seed: 5))
        try index.save(to: path)
        var loaded = try Index(loading: path)
        #expect(loaded.keys == index.keys)
        #expect(loaded.vector(of: 3) == index.vector(of: 3))
        let queries = vectors(5, empty.dimensions, seed: 6)
        #expect(try loaded.search(queries, k: 7) == index.search(queries, k: 7))
        // A loaded index can be changed, and the file stays as it is.
        loaded.delete([3])
        #expect(loaded.count == 89)
        #expect(try Index(loading: path).count == 90)
    }
}
