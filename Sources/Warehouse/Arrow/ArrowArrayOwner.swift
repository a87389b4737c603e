import CADBC
import Core

/// One batch of a driver's memory, given back when the last column that looks into it goes.
final class ArrowArrayOwner {
    /// The batch itself.
    var array: ArrowArray

    /// Takes over what a driver handed out.
    init(_ array: ArrowArray) { self.array = array }

    deinit { array.release?(&array) }

    /// `count` values of a buffer as they lie, starting at value `offset`; an absent buffer is empty.
    func borrow<Element: BitwiseCopyable>(
        _ pointer: UnsafeRawPointer?, offset: Int, count: Int, as type: Element.Type = Element.self
    ) -> Buffer<Element> {
        guard let pointer, count > 0 else { return Buffer([]) }
        let start = pointer.assumingMemoryBound(to: Element.self) + offset
        return Buffer(UnsafeBufferPointer(start: start, count: count)) { [self] in withExtendedLifetime(self) {} }
    }
}

/// Memory filled by `fill`, as a buffer of ours.
func makeBuffer<Element: BitwiseCopyable>(
    _ count: Int, _ fill: (UnsafeMutablePointer<Element>) throws -> Void
) rethrows -> Buffer<Element> {
    let memory = UnsafeMutableBufferPointer<Element>.allocate(capacity: max(count, 1))
    do {
        try fill(memory.baseAddress!)
    } catch {
        memory.deallocate()
        throw error
    }
    return Buffer(UnsafeBufferPointer(start: memory.baseAddress!, count: count)) { memory.deallocate() }
}
