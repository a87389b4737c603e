import Core

/// One recommended list: items from best to worst, and a score for each.
///
/// Items are places in the ``Catalogue`` of the same published version.
public struct ListEntry: Hashable, Sendable {
    /// The items, best first.
    public var items: [UInt32]
    /// One score an item; the higher, the better.
    public var scores: [Float]

    /// Makes a list; `items` and `scores` must be of equal length, at most 65,535.
    public init(items: [UInt32], scores: [Float]) {
        precondition(items.count == scores.count, "a list has one score an item")
        precondition(items.count <= Int(UInt16.max), "a list has at most 65,535 items")
        self.items = items
        self.scores = scores
    }
}

/// The bytes of a stored list, all integers little-endian:
///
/// | bytes | meaning |
/// |---|---|
/// | 1 | format, 1 |
/// | 1 | flags: bit 0 is set where scores follow |
/// | 2 | number of items, `n` |
/// | 4 · n | items |
/// | 4 · n | scores, IEEE single precision |
///
/// Nothing in them depends on time or place, so equal lists are equal bytes.
extension ListEntry {
    static let format: UInt8 = 1

    /// The stored form.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        items.withUnsafeBufferPointer { items in
            scores.withUnsafeBufferPointer { scores in Self.append(items: items, scores: scores, to: &bytes) }
        }
        return bytes
    }

    /// Appends the stored form of `items` and `scores`, which must be of equal length.
    static func append(
        items: UnsafeBufferPointer<UInt32>, scores: UnsafeBufferPointer<Float>, to bytes: inout [UInt8]
    ) {
        let count = UInt16(items.count).littleEndian
        bytes.append(format)
        bytes.append(1)
        withUnsafeBytes(of: count) { bytes.append(contentsOf: $0) }
        #if _endian(little)
        bytes.append(contentsOf: UnsafeRawBufferPointer(items))
        bytes.append(contentsOf: UnsafeRawBufferPointer(scores))
        #else
        for item in items { withUnsafeBytes(of: item.littleEndian) { bytes.append(contentsOf: $0) } }
        for score in scores { withUnsafeBytes(of: score.bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
        #endif
    }

    /// Reads the stored form.
    ///
    /// - Throws: `corrupted` if the bytes are no list of a format that this version of Martlet knows.
    public init(decoding bytes: [UInt8]) throws {
        self = try bytes.withUnsafeBytes { ListEntry(try StoredList($0)) }
    }

    /// Copies a stored list.
    init(_ list: StoredList) {
        items = list.map(\.item)
        scores = list.map(\.score)
    }

    /// Items and scores in pairs, as ``StoredList`` holds them.
    package var pairs: some RandomAccessCollection<(item: UInt32, score: Float)> {
        items.indices.lazy.map { (item: items[$0], score: scores[$0]) }
    }
}
