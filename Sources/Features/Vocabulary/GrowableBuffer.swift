import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A growing run of plain values. Large runs grow by remapping pages, so growing never holds two copies in memory.
package final class GrowableBuffer<Element: BitwiseCopyable> {
    /// The first value; moves when the buffer grows.
    package private(set) var base: UnsafeMutablePointer<Element>
    /// How many values there are.
    package private(set) var count = 0
    private var capacity: Int
    private var isOwner = true

    /// Makes an empty buffer.
    package init(capacity: Int = 64) {
        self.capacity = max(1, capacity)
        base = Self.resize(nil, to: self.capacity)
    }

    deinit { if isOwner { free(base) } }

    /// The values.
    package var values: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: base, count: count) }

    /// Appends one value.
    @inline(__always)
    package func append(_ value: Element) {
        if count == capacity { reserve(count + 1) }
        base[count] = value
        count += 1
    }

    /// Appends values.
    package func append(contentsOf values: UnsafeBufferPointer<Element>) {
        guard let start = values.baseAddress, !values.isEmpty else { return }
        let target = extend(by: values.count)
        target.update(from: start, count: values.count)
    }

    /// Makes room for `more` values, counts them in, and says where they go; the caller writes each of them.
    package func extend(by more: Int) -> UnsafeMutablePointer<Element> {
        reserve(count + more)
        defer { count += more }
        return base + count
    }

    /// The finished values; the buffer must not be changed afterwards.
    package func freeze() -> Buffer<Element> {
        precondition(isOwner, "a buffer is frozen once")
        isOwner = false
        let memory = base
        return Buffer(UnsafeBufferPointer(start: memory, count: count)) { free(memory) }
    }

    private func reserve(_ wanted: Int) {
        guard wanted > capacity else { return }
        capacity = max(wanted, capacity + capacity / 2)
        base = Self.resize(base, to: capacity)
    }

    private static func resize(_ base: UnsafeMutablePointer<Element>?, to capacity: Int)
        -> UnsafeMutablePointer<Element>
    {
        guard let memory = realloc(base, capacity * MemoryLayout<Element>.stride) else {
            fatalError("out of memory: \(capacity * MemoryLayout<Element>.stride) bytes")
        }
        return memory.assumingMemoryBound(to: Element.self)
    }
}
