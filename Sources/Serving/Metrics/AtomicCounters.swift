import Synchronization

/// A row of counters that any thread may add to without a lock.
///
/// Each thread writes to one of several copies (picked by the thread's identity), so that cores do not fight over a
/// cache line; a reader sums the copies.
final class AtomicCounters: @unchecked Sendable {
    // Sendable: the memory is allocated once, freed once in `deinit`, and touched only through atomic operations.

    /// How many counters there are.
    let count: Int
    private let copies: Int
    private let stride: Int
    private let cells: UnsafeMutablePointer<Atomic<Int>>

    /// Makes `count` counters at zero.
    ///
    /// - Parameter copies: how many copies to spread threads over; a power of two.
    init(count: Int, copies: Int = 4) {
        precondition(copies > 0 && copies & (copies - 1) == 0, "copies must be a power of two")
        self.count = count
        self.copies = copies
        // A copy ends on a 128-byte boundary, so that two never share a cache line or its neighbour.
        stride = (count + 15) / 16 * 16
        let bytes = UnsafeMutableRawPointer.allocate(
            byteCount: stride * copies * MemoryLayout<Atomic<Int>>.stride, alignment: 128)
        cells = bytes.bindMemory(to: Atomic<Int>.self, capacity: stride * copies)
        for index in 0..<stride * copies { (cells + index).initialize(to: Atomic(0)) }
    }

    deinit {
        cells.deinitialize(count: stride * copies)
        UnsafeMutableRawPointer(cells).deallocate()
    }

    /// Adds `amount` to the counter at `index`.
    func add(_ amount: Int, at index: Int) {
        let copy = ThreadIdentity.number & (copies - 1)
        cells[copy * stride + index].wrappingAdd(amount, ordering: .relaxed)
    }

    /// The counter at `index`, summed over the copies. O(copies).
    func value(at index: Int) -> Int {
        (0..<copies).reduce(0) { $0 &+ cells[$1 * stride + index].load(ordering: .relaxed) }
    }
}
