/// At least so many places of an answer for a group: its best candidates behind the answer take the last places of those
/// that do not belong to it.
///
/// A floor lifts candidates and finds none: give the group a source that proposes it, such as `new`.
package struct ExposureFloor: Reranker {
    let group: ItemGroup
    let places: Int
    /// The least share of an answer, from 0 to 1.
    let share: Double
    package var name: String { "exposure-floor" }

    /// - Complexity: O(candidates)
    package func rerank(_ candidates: inout [Candidate], _ context: RerankContext) {
        let length = min(context.length, candidates.count)
        let wanted = max(places, Int((share * Double(context.length)).rounded(.up)))
        let belongs = group.members(of: context.bundle, now: context.now)
        var missing = wanted - candidates[..<length].count { belongs($0.item) }
        guard missing > 0 else { return }
        var lifted: [Candidate] = []
        var behind: [Candidate] = []
        for candidate in candidates[length...] {
            if missing > 0, belongs(candidate.item) {
                // A place that was not drawn has no probability.
                var candidate = candidate
                candidate.propensity = nil
                lifted.append(candidate)
                missing -= 1
            } else {
                behind.append(candidate)
            }
        }
        var (kept, pushed): ([Candidate], [Candidate]) = ([], [])
        for candidate in candidates[..<length].reversed() {
            if pushed.count < lifted.count, !belongs(candidate.item) {
                pushed.append(candidate)
            } else {
                kept.append(candidate)
            }
        }
        // Where all of the answer belongs to the group there is nobody to make room.
        let room = pushed.count
        candidates = kept.reversed() + lifted.prefix(room) + pushed.reversed() + lifted.dropFirst(room) + behind
    }
}
