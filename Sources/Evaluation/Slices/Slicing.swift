#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A way to part users, or items, into slices: by market, by age band, by how much they bought.
public struct Slicing: Sendable, Equatable {
    /// What the parts differ in, such as `market`.
    public var name: String
    /// The names of the slices.
    public var labels: [String]
    /// The slice of each user (or item), a place in ``labels``; −1 for one that is in none.
    public var codes: [Int32]

    /// Makes slices from finished codes.
    public init(_ name: String, labels: [String], codes: [Int32]) {
        precondition(codes.allSatisfy { $0 >= -1 && Int($0) < labels.count }, "each slice has a label")
        self.name = name
        self.labels = labels
        self.codes = codes
    }

    /// Slices of about equal size by a number, named by the numbers they hold; who has none (NaN) is in none.
    ///
    /// Equal numbers are never parted, so there may be fewer slices than `parts`.
    ///
    /// - Complexity: O(n log n)
    public static func quantiles(_ name: String, of numbers: [Double], parts: Int = 4) -> Slicing {
        precondition(parts >= 1, "there is at least one part")
        let sorted = numbers.filter(\.isFinite).sorted()
        var starts: [Double] = []
        for part in 0..<parts where !sorted.isEmpty {
            let start = sorted[sorted.count * part / parts]
            if starts.last != start { starts.append(start) }
        }
        return bands(name, of: numbers, starts: starts) { part in
            let from = sorted.lowerBound(starts[part])
            let to = part + 1 < starts.count ? sorted.lowerBound(starts[part + 1]) : sorted.count
            let (low, high) = (sorted[from], sorted[to - 1])
            return low == high ? short(low) : "\(short(low)) – \(short(high))"
        }
    }

    /// Slices 0 – 9, 10 – 99, 100 – 999, …, as RecList's `hits_distribution` has them.
    public static func decades(_ name: String, of counts: [Int32]) -> Slicing {
        var starts = [0.0]
        var start = 10.0
        while start <= Double(counts.max() ?? 0) {
            starts.append(start)
            start *= 10
        }
        return bands(name, of: counts.map(Double.init), starts: starts) { part in
            "\(short(starts[part])) – \(short((part == 0 ? 10 : starts[part] * 10) - 1))"
        }
    }

    /// Slices by a category; the most frequent have their own, the others are one together.
    ///
    /// - Parameters:
    ///   - codes: each user's or item's category; negative for none.
    ///   - most: how many slices there are at most.
    ///   - label: the name of a category; nil for one that is none (null, unknown).
    public static func categories(
        _ name: String, codes: [Int32], most: Int = 12, label: (Int32) -> String?
    ) -> Slicing {
        var counts: [Int32: Int] = [:]
        for code in codes where code >= 0 { counts[code, default: 0] += 1 }
        let named = counts.keys.compactMap { code in label(code).map { (code: code, label: $0) } }
            .sorted { (-counts[$0.code]!, $0.code) < (-counts[$1.code]!, $1.code) }
        let kept = named.count <= most ? named[...] : named.prefix(most - 1)
        var place: [Int32: Int32] = [:]
        for (number, category) in kept.enumerated() { place[category.code] = Int32(number) }
        for category in named.dropFirst(kept.count) { place[category.code] = Int32(kept.count) }
        return Slicing(
            name, labels: kept.map(\.label) + (kept.count < named.count ? ["all others"] : []),
            codes: codes.map { place[$0] ?? -1 })
    }

    private static func bands(
        _ name: String, of numbers: [Double], starts: [Double], label: (Int) -> String
    ) -> Slicing {
        let codes = numbers.map { number -> Int32 in
            guard number.isFinite else { return -1 }
            var band = starts.count - 1
            while band > 0, number < starts[band] { band -= 1 }
            return starts.isEmpty ? -1 : Int32(band)
        }
        return Slicing(name, labels: starts.indices.map(label), codes: codes)
    }

    /// A number with at most three decimals.
    private static func short(_ number: Double) -> String {
        if let whole = Int(exactly: number) { return "\(whole)" }
        return "\((number * 1000).rounded() / 1000)"
    }
}

extension [Double] {
    /// The first place, in rising numbers, whose number is not below `number`.
    fileprivate func lowerBound(_ number: Double) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
