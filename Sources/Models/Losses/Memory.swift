/// Numbers that a loss or a trainer works in from step to step: taken once, zeros at first, given back with the last
/// handle.
struct Memory<Element: BitwiseCopyable & ExpressibleByIntegerLiteral>: @unchecked Sendable {
    // Sendable: the address never changes; who may write which part when is settled by the loop that hands out rows.

    /// The first number.
    let pointer: UnsafeMutablePointer<Element>
    private let storage: Storage

    /// Takes memory for `count` numbers.
    init(count: Int) {
        storage = Storage(count: count)
        pointer = storage.pointer
    }

    private final class Storage {
        let pointer: UnsafeMutablePointer<Element>

        init(count: Int) {
            pointer = .allocate(capacity: max(count, 1))
            pointer.initialize(repeating: 0, count: max(count, 1))
        }

        deinit { pointer.deallocate() }
    }
}
