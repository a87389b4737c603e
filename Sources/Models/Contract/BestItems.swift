/// Keeps the `k` best of the items offered, ties by lower index: a binary heap whose top is the worst kept.
struct BestItems {
    private let k: Int
    private var heap: [(score: Float, item: Int32)] = []

    init(k: Int) {
        self.k = k
        heap.reserveCapacity(k)
    }

    /// Offers an item; NaN is never kept.
    ///
    /// - Complexity: O(1) for an item that is not kept, O(log k) for one that is.
    mutating func offer(_ item: Int32, score: Float) {
        guard !score.isNaN else { return }
        if heap.count < k {
            heap.append((score, item))
            var place = heap.count - 1
            while place > 0, worse(heap[place], heap[(place - 1) / 2]) {
                heap.swapAt(place, (place - 1) / 2)
                place = (place - 1) / 2
            }
        } else if k > 0, worse(heap[0], (score, item)) {
            heap[0] = (score, item)
            sink()
        }
    }

    /// Offers item `i` with score `scores[i]` for every `i`.
    mutating func offer(all scores: UnsafeBufferPointer<Float>) {
        // What does not pass the worst kept is turned away here, without a call: nearly all.
        var least = heap.count < k || k == 0 ? -Float.infinity : heap[0].score
        for item in 0..<scores.count where scores[item] >= least {
            offer(Int32(item), score: scores[item])
            if heap.count == k, k > 0 { least = heap[0].score }
        }
    }

    /// The items kept, best first; the heap is empty afterwards.
    mutating func drain() -> [(score: Float, item: Int32)] {
        defer { heap.removeAll(keepingCapacity: true) }
        return heap.sorted { worse($1, $0) }
    }

    private func worse(_ a: (score: Float, item: Int32), _ b: (score: Float, item: Int32)) -> Bool {
        a.score < b.score || (a.score == b.score && a.item > b.item)
    }

    private mutating func sink() {
        var place = 0
        while true {
            let left = 2 * place + 1
            guard left < heap.count else { return }
            let right = left + 1
            let child = right < heap.count && worse(heap[right], heap[left]) ? right : left
            guard worse(heap[child], heap[place]) else { return }
            heap.swapAt(child, place)
            place = child
        }
    }
}
