import Synchronization

/// A sum for each item of a catalogue, of which a request touches few.
final class ItemSums: @unchecked Sendable {
    // Sendable: whoever has taken it out of ``IdleSums`` is alone with it.

    let count: Int
    /// 0 for every item that is not listed in `touched`.
    private let sums: UnsafeMutablePointer<Float>
    private let touched: UnsafeMutablePointer<Int32>
    private var touchedCount = 0

    init(count: Int) {
        self.count = count
        sums = .allocate(capacity: max(count, 1))
        sums.initialize(repeating: 0, count: max(count, 1))
        touched = .allocate(capacity: max(count, 1))
    }

    deinit {
        sums.deallocate()
        touched.deallocate()
    }

    func add(_ items: UnsafeBufferPointer<Int32>, _ numbers: UnsafeBufferPointer<Float>, times weight: Float) {
        var found = touchedCount
        for place in items.indices {
            // A sum of 0 adds nothing to an order, so that an item that comes back to 0 may be listed anew.
            let (item, more) = (Int(items[place]), weight * numbers[place])
            guard more > 0 else { continue }
            if sums[item] == 0 {
                touched[found] = items[place]
                found += 1
            }
            sums[item] += more
        }
        touchedCount = found
    }

    /// The best of what passes, equal sums by the lower item; all sums are 0 afterwards.
    ///
    /// - Complexity: O(touched + kept · log k)
    func best(_ k: Int, _ passes: (Int32) -> Bool) -> [ScoredItem] {
        // A heap whose first is the worst of the kept.
        var heap: [ScoredItem] = []
        heap.reserveCapacity(k + 1)
        func isWorse(_ a: ScoredItem, _ b: ScoredItem) -> Bool { (a.score, b.item) < (b.score, a.item) }
        func sink() {
            var place = 0
            while true {
                let left = 2 * place + 1
                guard left < heap.count else { return }
                let child = left + 1 < heap.count && isWorse(heap[left + 1], heap[left]) ? left + 1 : left
                guard isWorse(heap[child], heap[place]) else { return }
                heap.swapAt(child, place)
                place = child
            }
        }
        for place in 0..<touchedCount {
            let entry = ScoredItem(item: touched[place], score: sums[Int(touched[place])])
            sums[Int(touched[place])] = 0
            if heap.count == k, !isWorse(heap[0], entry) { continue }
            guard passes(entry.item) else { continue }
            if heap.count < k {
                heap.append(entry)
                var child = heap.count - 1
                while child > 0, isWorse(heap[child], heap[(child - 1) / 2]) {
                    heap.swapAt(child, (child - 1) / 2)
                    child = (child - 1) / 2
                }
            } else {
                heap[0] = entry
                sink()
            }
        }
        touchedCount = 0
        return heap.sorted { isWorse($1, $0) }
    }
}

/// Memory for sums: taking it is cheaper than making it.
final class IdleSums: Sendable {
    private let idle = Mutex<[ItemSums]>([])

    func take(count: Int) -> ItemSums {
        let found = idle.withLock { $0.popLast() }
        if let found, found.count == count { return found }
        return ItemSums(count: count)
    }

    func put(_ sums: ItemSums) { idle.withLock { $0.append(sums) } }
}
