import Core
import Index
import Tensor
import Testing
import VectorStores

/// What every `VectorStore` must do, run against each of them: the same as is asked of indexes in memory.
enum VectorStoreContract {
    /// Small whole numbers: scores are exact, and ties abound.
    static func vectors(_ rows: Int, _ dimensions: Int, seed: UInt64) -> Matrix {
        var random = RandomSource(seed: seed)
        let values = (0..<rows * dimensions).map { _ in Float(random.index(below: 11)) - 5 }
        return Matrix(rows: rows, columns: dimensions, values: values)
    }

    /// The best keys by a sort of all.
    static func reference(
        _ contents: [Int32: [Float]], _ query: [Float], k: Int, filter: SearchFilter, row: Int
    ) -> [Int32] {
        let hidden = Set(filter.exclude?[row] ?? [])
        let scored = contents.compactMap { key, vector -> (key: Int32, score: Float)? in
            if hidden.contains(key) { return nil }
            if let allowed = filter.allowed, Int(key) >= allowed.count || !allowed[Int(key)] { return nil }
            return (key, zip(query, vector).reduce(0) { $0 + $1.0 * $1.1 })
        }
        return scored.sorted { ($1.score, $0.key) < ($0.score, $1.key) }.prefix(k).map(\.key)
    }

    /// Random changes, each followed by searches that must agree with a dictionary.
    static func followsADictionary(_ store: some VectorStore, seed: UInt64) async throws {
        let dimensions = store.dimensions
        var contents: [Int32: [Float]] = [:]
        var random = RandomSource(seed: seed)
        for round in 0..<9 {
            let keys = (0..<20).map { _ in Int32(random.index(below: 150)) }
            if round % 3 == 2 {
                let present = Set(keys).filter { contents[$0] != nil }
                #expect(try await store.delete(keys) == present.count)
                for key in keys { contents[key] = nil }
            } else {
                // Longer vectors come later.
                let vectors = vectors(keys.count, dimensions, seed: seed &+ UInt64(round))
                for place in 0..<keys.count where round > 4 { vectors[place, 0] *= 8 }
                try await store.upsert(keys, vectors: vectors)
                for (row, key) in keys.enumerated() { contents[key] = Array(vectors.row(row)) }
            }
            #expect(try await store.keys() == contents.keys.sorted())
            #expect(try await store.count() == contents.count)
            for key in keys { #expect(try await store.vector(of: key) == contents[key]) }

            let count = round % 2 == 0 ? 3 : 20
            let queries = vectors(count, dimensions, seed: seed &+ 1000 &+ UInt64(round))
            let exclude = SparseRows.from(
                rows: (0..<count * 9).map { Int32($0 % count) },
                columns: (0..<count * 9).map { _ in Int32(random.index(below: 150)) }, rowCount: count,
                columnCount: 150)
            let allowed = (0..<130).map { _ in random.uniform() < 0.5 }
            for filter in [
                SearchFilter(), SearchFilter(allowed: allowed), SearchFilter(exclude: exclude),
                SearchFilter(allowed: allowed, exclude: exclude), SearchFilter(allowed: []),
            ] {
                let found = try await store.search(queries, k: 10, filter: filter)
                for row in 0..<count {
                    let expected = reference(contents, Array(queries.row(row)), k: 10, filter: filter, row: row)
                    #expect(Array(found[row]) == expected)
                }
            }
        }
    }

    /// Wrong input is refused, and leaves the store as it was.
    static func refusesWrongInput(_ store: some VectorStore) async throws {
        let dimensions = store.dimensions
        func one(_ columns: Int) -> Matrix { vectors(1, columns, seed: 3) }
        try await store.upsert([4, 2], vectors: vectors(2, dimensions, seed: 1))
        let broken = vectors(1, dimensions, seed: 2)
        broken[0, 0] = .nan
        await #expect(throws: MartletError.self) { try await store.upsert([1], vectors: broken) }
        await #expect(throws: MartletError.self) { try await store.upsert([1, 3], vectors: one(dimensions)) }
        await #expect(throws: MartletError.self) { try await store.upsert([-1], vectors: one(dimensions)) }
        await #expect(throws: MartletError.self) { try await store.upsert([1], vectors: one(dimensions + 1)) }
        let none = SearchFilter()
        await #expect(throws: MartletError.self) { _ = try await store.search(one(dimensions + 1), k: 1, filter: none) }
        await #expect(throws: MartletError.self) { _ = try await store.search(one(dimensions), k: 0, filter: none) }
        let rows = SearchFilter(exclude: .empty(rows: 2, columns: 5))
        await #expect(throws: MartletError.self) { _ = try await store.search(one(dimensions), k: 1, filter: rows) }
        #expect(try await store.keys() == [2, 4])
    }
}
