/// How a ``PartitionedIndex`` is made.
public struct PartitionOptions: Sendable, Equatable {
    /// How many cells; nil takes 4·√N, in steps of 16.
    public var cells: Int?
    /// The rounds of k-means.
    public var rounds: Int
    /// How many vectors a cell k-means looks at, at most.
    public var sample: Int
    /// The recall that the effort is chosen for, from 0 to 1.
    public var targetRecall: Double
    /// The length of the lists whose recall is meant.
    public var k: Int
    /// How many queries recall is measured with.
    public var queries: Int
    /// The seed of the sample.
    public var seed: UInt64

    /// Makes options.
    public init(
        cells: Int? = nil, rounds: Int = 6, sample: Int = 40, targetRecall: Double = 0.95, k: Int = 100,
        queries: Int = 256, seed: UInt64 = 1
    ) {
        self.cells = cells
        self.rounds = rounds
        self.sample = sample
        self.targetRecall = targetRecall
        self.k = k
        self.queries = queries
        self.seed = seed
    }

    /// Fewer vectors than these are searched exactly.
    static let fewest = 4096

    /// How many cells `count` vectors are parted into.
    func cellCount(for count: Int) -> Int {
        let wish = cells ?? (Int(4 * Double(count).squareRoot()) + 15) / 16 * 16
        return max(1, min(wish, count / 8))
    }
}
