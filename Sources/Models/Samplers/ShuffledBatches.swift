import Core

/// The rows of an epoch in random order, batch by batch; the order depends on seed and epoch alone, so that an epoch
/// can be begun anew after a stop.
package struct ShuffledBatches: Sendable {
    private let order: [Int32]
    private let batchSize: Int

    /// Shuffles `0 ..< count`.
    package init(count: Int, batchSize: Int, seed: UInt64, epoch: Int) {
        var random = RandomSource(seed: seed, stream: 1_000_000 + UInt64(epoch))
        var order = Array(0..<Int32(count))
        random.shuffle(&order)
        self.order = order
        self.batchSize = batchSize
    }

    /// How many batches there are; the last may be smaller.
    package var count: Int { (order.count + batchSize - 1) / batchSize }

    /// The rows of batch `index`.
    package subscript(_ index: Int) -> ArraySlice<Int32> {
        order[index * batchSize..<min((index + 1) * batchSize, order.count)]
    }
}
