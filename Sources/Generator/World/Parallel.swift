import Dispatch
import Synchronization

/// Runs `body` for every index below `count` on `threads` threads. What is computed must not depend on which thread
/// takes which index.
func inParallel(_ count: Int, threads: Int, _ body: @Sendable (Int) -> Void) {
    if threads <= 1 || count <= 1 {
        for index in 0..<count { body(index) }
        return
    }
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: min(threads, count)) { _ in
        while true {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            if index >= count { return }
            body(index)
        }
    }
}

/// Values that several threads write, each at places of its own.
final class SharedArray<Element: BitwiseCopyable>: @unchecked Sendable {
    // Sendable: the storage lives as long as the object; the generator gives every index to one thread at a time (a
    // chunk of users, a block of rows), and reads others' places only after inParallel has joined all threads.
    let values: UnsafeMutableBufferPointer<Element>

    init(repeating value: Element, count: Int) {
        values = .allocate(capacity: count)
        values.initialize(repeating: value)
    }

    deinit { values.deallocate() }

    @inline(__always)
    subscript(_ index: Int) -> Element {
        get { values[index] }
        set { values[index] = newValue }
    }
}
