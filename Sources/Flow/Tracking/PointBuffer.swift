import FoundationEssentials

/// Points of one series, in columns.
struct PointBuffer: Sendable {
    var indices: [Int64] = []
    var values: [Double] = []
    /// Seconds since 1970.
    var times: [Double] = []

    var count: Int { indices.count }

    mutating func append(_ index: Int64, _ value: Double, _ time: Double) {
        indices.append(index)
        values.append(value)
        times.append(time)
    }

    mutating func append(contentsOf other: PointBuffer) {
        indices += other.indices
        values += other.values
        times += other.times
    }

    subscript(_ range: Range<Int>) -> PointBuffer {
        PointBuffer(indices: Array(indices[range]), values: Array(values[range]), times: Array(times[range]))
    }

    /// Whether the points lie in order behind `last`, none twice.
    func isBehind(_ last: Int64?) -> Bool {
        guard let first = indices.first else { return true }
        if let last, first <= last { return false }
        for place in 1..<max(1, count) where indices[place] <= indices[place - 1] { return false }
        return true
    }

    /// The points in order; of several at one place, the one that was added last.
    func inOrder() -> PointBuffer {
        if isBehind(nil) { return self }
        let order = (0..<count).sorted { (indices[$0], $0) < (indices[$1], $1) }
        var sorted = PointBuffer()
        for (place, row) in order.enumerated() {
            if place + 1 < order.count, indices[order[place + 1]] == indices[row] { continue }
            sorted.append(indices[row], values[row], times[row])
        }
        return sorted
    }

    // MARK: - Bytes

    /// The distance between neighbours if it is the same everywhere; then the indices need not be stored.
    var stride: Int64? {
        guard count > 1 else { return 1 }
        let (step, overflow) = indices[1].subtractingReportingOverflow(indices[0])
        if overflow { return nil }
        for place in 1..<count where indices[place] &- indices[place - 1] != step { return nil }
        return step
    }

    /// Indices (unless they have a stride), values, times, each as little-endian words of eight bytes.
    func data(withIndices: Bool) -> Data {
        var data = Data(capacity: count * 24)
        if withIndices { Words.append(indices.map { UInt64(bitPattern: $0) }, to: &data) }
        Words.append(values.map(\.bitPattern), to: &data)
        Words.append(times.map(\.bitPattern), to: &data)
        return data
    }

    init() {}

    private init(indices: [Int64], values: [Double], times: [Double]) {
        self.indices = indices
        self.values = values
        self.times = times
    }

    init(count: Int, firstIndex: Int64, stride: Int64?, data: Data) {
        let columns = stride == nil ? 3 : 2
        precondition(data.count == count * columns * 8, "a block of points has the wrong length")
        if let stride {
            indices = (0..<count).map { firstIndex &+ Int64($0) &* stride }
        } else {
            indices = Words.read(data, count: count).map { Int64(bitPattern: $0) }
        }
        let first = (columns - 2) * count
        values = Words.read(data, from: first, count: count).map(Double.init(bitPattern:))
        times = Words.read(data, from: first + count, count: count).map(Double.init(bitPattern:))
    }
}
