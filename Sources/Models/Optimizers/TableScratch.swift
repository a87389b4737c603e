/// Where one worker sums the gradients of its rows of one table.
final class TableScratch: @unchecked Sendable {
    // Sendable: each object belongs to one worker of the optimiser's loop; steps come one after the other.

    /// Which row has which slot; shared by the table's workers, each of which touches only its own rows.
    let map: SlotMap
    /// The row of each slot.
    private(set) var slots = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    /// The summed gradient of each slot.
    private(set) var sums = UnsafeMutablePointer<Float>.allocate(capacity: 1)
    private var capacity = 0

    init(map: SlotMap) { self.map = map }

    deinit {
        slots.deallocate()
        sums.deallocate()
    }

    /// Makes room for `count` slots of `width` numbers; what was there is lost.
    func reserve(_ count: Int, width: Int) {
        guard count > capacity else { return }
        slots.deallocate()
        sums.deallocate()
        slots = .allocate(capacity: count)
        sums = .allocate(capacity: count * width)
        capacity = count
    }
}

/// For each row of a table its slot in a worker's sums, −1 between steps.
final class SlotMap: @unchecked Sendable {
    // Sendable: the rows are shared out over workers, so that no two touch the same one.

    let slots: UnsafeMutablePointer<Int32>

    init(rows: Int) {
        slots = .allocate(capacity: max(rows, 1))
        slots.initialize(repeating: -1, count: max(rows, 1))
    }

    deinit { slots.deallocate() }
}

extension Optional {
    /// Calls `body` with the array's first element's address, or with nil if there is no array.
    func withOptionalPointer<Element, Result>(_ body: (UnsafePointer<Element>?) -> Result) -> Result
    where Wrapped == [Element] {
        guard let self else { return body(nil) }
        return self.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
