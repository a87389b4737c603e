/// The ids of the last events, to tell a repeated delivery: at least the last `capacity` of them, at most twice as many.
///
/// Two sets take turns: when the younger is full, the older is forgotten. An id is held as a 64-bit hash; among a
/// million held ids a new one is taken for one of them with probability 5 · 10⁻¹⁴.
struct RecentIDs {
    private let capacity: Int
    private var younger: Set<UInt64> = []
    private var older: Set<UInt64> = []

    /// Remembers nothing yet.
    init(capacity: Int) { self.capacity = capacity }

    /// How many ids are held.
    var count: Int { younger.count + older.count }

    /// The hash that stands for an id.
    static func hash(_ id: String) -> UInt64 {
        var id = id
        return id.withUTF8 { XXHash64.hash(UnsafeRawBufferPointer($0)) }
    }

    /// Adds an id; false if it is held already. O(1).
    mutating func insert(_ hash: UInt64) -> Bool { !older.contains(hash) && younger.insert(hash).inserted }

    /// Takes an id back that was added since the last turn.
    mutating func remove(_ hash: UInt64) { younger.remove(hash) }

    /// Forgets the older half if the younger is full; call between groups of events.
    mutating func turn() {
        guard younger.count >= capacity else { return }
        swap(&older, &younger)
        younger.removeAll(keepingCapacity: true)
    }
}
