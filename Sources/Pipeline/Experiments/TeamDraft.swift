import Core

/// Makes one list of two: in each round a coin says which of the two picks first, and each adds its best item that is not
/// in the list yet. Whose item a user takes gets the credit.
///
/// Source: Radlinski, Kurup and Joachims, "How Does Clickthrough Data Reflect Retrieval Quality?" (2008).
package enum TeamDraft {
    /// Drafts a list.
    ///
    /// - Parameters:
    ///   - lists: two lists, best first, each without repeats.
    ///   - k: the most items.
    /// - Returns: the place of each item in its team's list, and the team, 0 or 1.
    /// - Complexity: O(items of both lists)
    package static func draft(
        _ lists: [[Int32]], k: Int, seed: UInt64
    ) -> [(team: UInt8, place: Int)] {
        precondition(lists.count == 2, "two teams draft")
        var random = RandomSource(seed: seed, stream: 0x6472_6166_74)
        var next = [0, 0]
        var taken: Set<Int32> = []
        var drafted: [(team: UInt8, place: Int)] = []
        while drafted.count < k {
            let first = random.uniform() < 0.5 ? 0 : 1
            var hasPicked = false
            for team in [first, 1 - first] where drafted.count < k {
                while next[team] < lists[team].count {
                    let place = next[team]
                    next[team] += 1
                    guard taken.insert(lists[team][place]).inserted else { continue }
                    drafted.append((UInt8(team), place))
                    hasPicked = true
                    break
                }
            }
            if !hasPicked { break }
        }
        return drafted
    }
}
