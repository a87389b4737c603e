/// For each item of the catalogue whether it may be in an answer.
struct ItemMask: Sendable {
    /// One value an item.
    let values: [Bool]

    /// Whether an item may.
    subscript(_ item: Int32) -> Bool { values[Int(item)] }

    /// Only these may.
    ///
    /// - Complexity: O(N + items)
    init(only items: some Sequence<Int32>, count: Int) {
        var values = [Bool](repeating: false, count: count)
        for item in items { values[Int(item)] = true }
        self.values = values
    }

    /// Those may that `test` lets through.
    ///
    /// - Complexity: O(N) calls
    init(count: Int, _ test: (Int) -> Bool) {
        values = [Bool](unsafeUninitializedCapacity: count) { buffer, filled in
            for item in 0..<count { buffer.initializeElement(at: item, to: test(item)) }
            filled = count
        }
    }

    /// Those may that all of the masks let through.
    ///
    /// - Complexity: O(N · masks)
    init(all masks: [ItemMask]) {
        var values = masks[0].values
        for mask in masks.dropFirst() {
            values.withUnsafeMutableBufferPointer { values in
                mask.values.withUnsafeBufferPointer { other in
                    for item in values.indices { values[item] = values[item] && other[item] }
                }
            }
        }
        self.values = values
    }
}
