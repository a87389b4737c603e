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
            candidates[row].sort { $0.stands(before: $1) }
        }
    }
}
