/// The candidate nearest to `word`, if it is near enough to be what the user meant.
///
/// Distance is Damerau–Levenshtein (insertions, deletions, substitutions, neighbours swapped), ignoring case; a
/// candidate counts as near when the distance is at most a third of the longer word, and at least 1.
///
/// - Complexity: O(candidates × |word| × |candidate|)
public func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let typed = Array(word.lowercased())
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        let distance = editDistance(typed, Array(candidate.lowercased()))
        let allowed = max(1, max(typed.count, candidate.count) / 3)
        if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
}

/// Damerau–Levenshtein distance in its "optimal string alignment" form.
func editDistance(_ left: [Character], _ right: [Character]) -> Int {
    if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for row in 1...left.count {
        var current = [row] + [Int](repeating: 0, count: right.count)
        for column in 1...right.count {
            let same = left[row - 1] == right[column - 1]
            var value = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (same ? 0 : 1))
            if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                value = min(value, beforeLast[column - 2] + 1)
            }
            current[column] = value
        }
        (beforeLast, last) = (last, current)
    }
    return last[right.count]
}
