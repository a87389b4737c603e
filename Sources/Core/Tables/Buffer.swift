/// Immutable values at a fixed place in memory, owned by whoever allocated them: a Swift array, an Arrow array of a
/// warehouse driver, or a memory-mapped file.
public final class Buffer<Element: BitwiseCopyable>: @unchecked Sendable {
    // Sendable: the memory is never written after `init`, and freed once, when the last reference goes.

    /// The values.
    public let values: UnsafeBufferPointer<Element>
    private let release: () -> Void

    /// Takes memory owned by someone else; `release` is called when the last reference to the buffer goes.
    public init(_ values: UnsafeBufferPointer<Element>, release: @escaping () -> Void) {
        self.values = values
        self.release = release
    }

    /// Copies a Swift collection.
    public convenience init(_ elements: some Collection<Element>) {
        let copy = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
        _ = copy.initialize(from: elements)
        self.init(UnsafeBufferPointer(copy)) { copy.deallocate() }
    }

    deinit { release() }

    /// How many values there are.
    public var count: Int { values.count }

    /// The value at `index`.
    public subscript(_ index: Int) -> Element { values[index] }

    /// A copy as a Swift array.
    public var array: [Element] { Array(values) }
}
