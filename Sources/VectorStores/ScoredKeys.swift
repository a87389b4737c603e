import Tensor

/// Candidates of one query with their inner products, on their way into a list.
struct ScoredKeys {
    private var found: [(key: Int32, score: Float)] = []

    var count: Int { found.count }

    mutating func append(_ key: Int32, score: Float) { found.append((key, score)) }

    /// The best in the order of every index: by score, equal scores by the lower key.
    func write(to lists: inout RankedLists, row: Int) {
        let best = found.sorted { ($1.score, $0.key) < ($0.score, $1.key) }.prefix(lists.k)
        for (rank, item) in best.enumerated() {
            lists.items[row * lists.k + rank] = item.key
            lists.scores[row * lists.k + rank] = item.score
        }
    }
}

/// Vectors as servers keep them: float32, little-endian.
enum VectorBytes {
    static func encode(_ vector: some Collection<Float>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(vector.count * 4)
        for number in vector {
            let bits = number.bitPattern
            for shift in stride(from: 0 as UInt32, to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
            }
        }
        return bytes
    }

    /// Nil if there are not as many numbers as dimensions.
    static func decode(_ bytes: [UInt8], dimensions: Int) -> [Float]? {
        guard bytes.count == 4 * dimensions else { return nil }
        return (0..<dimensions).map { place in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[place * 4 + $1]) << UInt32(8 * $1) })
        }
    }

    static func product(_ query: some Collection<Float>, _ vector: [Float]) -> Float {
        zip(query, vector).reduce(0) { $0 + $1.0 * $1.1 }
    }
}
