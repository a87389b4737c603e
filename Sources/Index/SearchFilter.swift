import Tensor

/// Which keys a search may find.
public struct SearchFilter: Sendable {
    /// For each key whether it may be found (in stock, of the category); nil allows all. Keys past its end may not.
    public var allowed: [Bool]?
    /// Row `q` holds the keys that query `q` must not find (already bought, say); nil excludes none.
    public var exclude: SparseRows?

    /// Makes a filter; without arguments, one that lets everything through.
    public init(allowed: [Bool]? = nil, exclude: SparseRows? = nil) {
        self.allowed = allowed
        self.exclude = exclude
    }
}
