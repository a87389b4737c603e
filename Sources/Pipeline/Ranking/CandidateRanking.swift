import Features
import Models
import Tensor

/// Scores the candidates of a batch by the bundle's ranking model, all requests in one go.
struct CandidateRanking: Sendable {
    let scorer: any CandidateScorer

    /// Puts each request's candidates into the order of the model's scores.
    ///
    /// - Complexity: O(users · user's part + candidates · network)
    func rank(_ candidates: inout [[Candidate]], _ batch: RequestBatch) throws {
        var offsets = [0]
        var items: [Int32] = []
        for list in candidates {
            items += list.map(\.item)
            offsets.append(items.count)
        }
        guard !items.isEmpty else { return }
        let scores = try scorer.scores(
            of: SparseRows(columns: batch.bundle.data.items.count, offsets: offsets, indices: items),
            for: batch.modelRequest(k: 1), features: batch.features,
            items: batch.items.compactMap(\.encoded))
        for row in candidates.indices {
            for place in candidates[row].indices { candidates[row][place].score = scores[offsets[row] + place] }
            candidates[row] = candidates[row].ordered
        }
    }
}

extension [Candidate] {
    /// The candidates as ``Candidate/stands(before:)`` has them, by one number each: much faster than by comparing them.
    package var ordered: [Candidate] {
        precondition(count <= 1 << 32, "places have 32 bits")
        var keys: [(key: UInt64, place: UInt32)] = []
        keys.reserveCapacity(count)
        for (place, candidate) in enumerated() {
            keys.append((candidate.orderKey, UInt32(place)))
        }
        keys.sort { $0.key < $1.key }
        return keys.map { self[Int($0.place)] }
    }
}

extension Candidate {
    /// A number that is smaller the further ahead the candidate stands.
    fileprivate var orderKey: UInt64 {
        var falling = UInt32.max
        if !score.isNaN {
            // −0 is 0.
            let bits = (score + 0).bitPattern
            // Rising with the score, then turned round; no number but NaN's comes to be the largest.
            let rising = bits >> 31 == 0 ? bits | 0x8000_0000 : ~bits
            falling = ~rising
        }
        return UInt64(falling) << 32 | UInt64(UInt32(bitPattern: item) ^ 0x8000_0000)
    }
}
