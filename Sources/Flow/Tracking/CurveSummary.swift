import FoundationEssentials

/// A series in at most 256 groups of neighbouring points, kept up to date as points arrive.
///
/// All groups but the last hold `width` points. When there are too many, neighbours are merged and `width` doubles, so a
/// point costs O(1) on average, and a series of up to 256 points is kept as it is.
struct CurveSummary {
    static let mostGroups = 256

    private(set) var count = 0
    private(set) var width = 1
    private(set) var indices: [Int64] = []
    private(set) var means: [Double] = []
    private(set) var minima: [Double] = []
    private(set) var maxima: [Double] = []

    init() {}

    mutating func add(_ index: Int64, _ value: Double) {
        let filled = count % width
        guard filled > 0 else {
            // After the halving a group of the new width begins here as well: the old ones made whole new ones.
            if indices.count == Self.mostGroups { halve() }
            count += 1
            indices.append(index)
            means.append(value)
            minima.append(value)
            maxima.append(value)
            return
        }
        count += 1
        let last = indices.count - 1
        indices[last] = index
        means[last] += (value - means[last]) / Double(filled + 1)
        minima[last] = Self.least(minima[last], value)
        maxima[last] = Self.greatest(maxima[last], value)
    }

    private mutating func halve() { (indices, means, minima, maxima) = merged(by: 2); width *= 2 }

    /// The groups, `size` neighbours made one.
    private func merged(by size: Int) -> (indices: [Int64], means: [Double], minima: [Double], maxima: [Double]) {
        var (places, middles, lows, highs): ([Int64], [Double], [Double], [Double]) = ([], [], [], [])
        for start in stride(from: 0, to: indices.count, by: size) {
            let end = min(start + size, indices.count)
            var (sum, points) = (0.0, 0)
            for group in start..<end {
                let held = group < indices.count - 1 ? width : count - width * (indices.count - 1)
                sum += means[group] * Double(held)
                points += held
            }
            places.append(indices[end - 1])
            middles.append(sum / Double(points))
            lows.append(minima[start..<end].reduce(.nan, Self.least))
            highs.append(maxima[start..<end].reduce(.nan, Self.greatest))
        }
        return (places, middles, lows, highs)
    }

    /// The curve with at most so many groups.
    func curve(of series: MetricSeries, points: Int) -> Curve {
        let size = max(1, (indices.count + points - 1) / max(1, points))
        let groups = size == 1 ? (indices, means, minima, maxima) : merged(by: size)
        return Curve(series: series, indices: groups.0, means: groups.1, minima: groups.2, maxima: groups.3)
    }

    /// NaN counts as no value.
    static func least(_ a: Double, _ b: Double) -> Double { a.isNaN ? b : b.isNaN || a <= b ? a : b }
    static func greatest(_ a: Double, _ b: Double) -> Double { a.isNaN ? b : b.isNaN || a >= b ? a : b }

    // MARK: - Bytes

    /// Indices, means, minima, maxima, each as little-endian words of eight bytes.
    var data: Data {
        var data = Data(capacity: indices.count * 32)
        Words.append(indices.map { UInt64(bitPattern: $0) }, to: &data)
        for values in [means, minima, maxima] { Words.append(values.map(\.bitPattern), to: &data) }
        return data
    }

    init(count: Int, width: Int, data: Data) {
        self.count = count
        self.width = max(1, width)
        let groups = data.count / 32
        let words = Words.read(data, count: groups * 4)
        indices = words[..<groups].map { Int64(bitPattern: $0) }
        means = words[groups..<2 * groups].map(Double.init(bitPattern:))
        minima = words[2 * groups..<3 * groups].map(Double.init(bitPattern:))
        maxima = words[3 * groups..<4 * groups].map(Double.init(bitPattern:))
    }
}

/// Words of eight bytes, little-endian, in a blob.
enum Words {
    static func append(_ words: [UInt64], to data: inout Data) {
        words.map(\.littleEndian).withUnsafeBytes { data.append(contentsOf: $0) }
    }

    static func read(_ data: Data, from first: Int = 0, count: Int) -> [UInt64] {
        precondition(data.count >= (first + count) * 8, "a blob of metrics is too short")
        return [UInt64](unsafeUninitializedCapacity: count) { buffer, filled in
            data.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(buffer)
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[first * 8..<(first + count) * 8]))
            }
            for place in 0..<count { buffer[place] = UInt64(littleEndian: buffer[place]) }
            filled = count
        }
    }
}
