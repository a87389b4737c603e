import Core

/// The order of users or items: trained ones by descending count, then the others; ties by the bytes of the id.
struct EntityOrder: Sendable {
    /// Ids' numbers by index.
    let codes: [Int32]
    /// Indices by id's number.
    let indexOfCode: [Int32]
    /// How many are trained.
    let trainedCount: Int

    /// Sorts.
    ///
    /// - Parameter counts: training rows by id's number.
    /// - Complexity: O(n log n)
    init(ids: TextInterner, counts: [Int32]) {
        struct Key {
            let rarity: UInt32
            let prefix: UInt64
            let code: Int32
        }
        let count = ids.count
        var keys = (0..<count).map { code in
            let rarity = UInt32.max - UInt32(code < counts.count ? max(0, counts[code]) : 0)
            return Key(rarity: rarity, prefix: Self.prefix(ids[code]), code: Int32(code))
        }
        keys.sort { left, right in
            if left.rarity != right.rarity { return left.rarity < right.rarity }
            if left.prefix != right.prefix { return left.prefix < right.prefix }
            return ByteOrder.precedes(ids[Int(left.code)], ids[Int(right.code)])
        }
        codes = keys.map(\.code)
        var inverse = [Int32](repeating: -1, count: count)
        for (index, code) in codes.enumerated() { inverse[Int(code)] = Int32(index) }
        indexOfCode = inverse
        trainedCount = counts.reduce(0) { $0 + ($1 > 0 ? 1 : 0) }
    }

    /// The first eight bytes as a number that sorts as they do.
    private static func prefix(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var value: UInt64 = 0
        for place in 0..<8 { value = value << 8 | UInt64(place < text.count ? text[place] : 0) }
        return value
    }

    /// The ids in this order, as a text column.
    func column(_ ids: TextInterner) -> Column {
        let offsets = GrowableBuffer<Int64>(capacity: codes.count + 1)
        let bytes = GrowableBuffer<UInt8>(capacity: codes.count * 16 + 1)
        offsets.append(0)
        for code in codes {
            bytes.append(contentsOf: ids[Int(code)])
            offsets.append(Int64(bytes.count))
        }
        return Column(.string(offsets: offsets.freeze(), bytes: bytes.freeze()))
    }
}
