/// Unpacks DEFLATE data (RFC 1951), so that the tables can be read as they are published.
struct Inflate {
    private let input: UnsafeBufferPointer<UInt8>
    /// The next byte to take into the bits.
    private var place: Int
    /// Bits that were taken and not used yet, the next one lowest.
    private var bits: UInt64 = 0
    private var bitCount = 0
    private var output: [UInt8] = []

    /// Unpacks the stream that begins at `start`.
    ///
    /// - Parameter expected: how many bytes may come out; a guess that saves growing.
    /// - Returns: what was packed, and where the stream ends; nil if the data are damaged.
    /// - Complexity: O(bytes that come out)
    static func unpack(
        _ input: UnsafeBufferPointer<UInt8>, from start: Int, expected: Int
    ) -> (bytes: [UInt8], end: Int)? {
        var inflate = Inflate(input: input, place: start)
        inflate.output.reserveCapacity(min(expected, 1 << 30))
        guard inflate.run() else { return nil }
        return (inflate.output, inflate.place - inflate.bitCount / 8)
    }

    private init(input: UnsafeBufferPointer<UInt8>, place: Int) {
        self.input = input
        self.place = place
    }

    private mutating func run() -> Bool {
        var isLast = false
        while !isLast {
            guard let header = take(3) else { return false }
            isLast = header & 1 == 1
            switch header >> 1 {
            case 0: guard copyStored() else { return false }
            case 1: guard decode(Self.fixedSymbols, Self.fixedDistances) else { return false }
            case 2:
                guard let (symbols, distances) = readTables(), decode(symbols, distances) else { return false }
            default: return false
            }
        }
        return true
    }

    // MARK: - Bits

    private mutating func refill() {
        while bitCount <= 48, place < input.count {
            bits |= UInt64(input[place]) << UInt64(bitCount)
            place += 1
            bitCount += 8
        }
    }

    private mutating func take(_ count: Int) -> Int? {
        if bitCount < count { refill() }
        guard bitCount >= count else { return nil }
        let value = Int(bits & ((1 << UInt64(count)) - 1))
        bits >>= UInt64(count)
        bitCount -= count
        return value
    }

    private mutating func symbol(_ code: PrefixCode) -> Int? {
        if bitCount < 15 { refill() }
        let entry = code.entries[Int(bits) & (code.entries.count - 1)]
        let length = Int(entry & 15)
        guard length > 0, length <= bitCount else { return nil }
        bits >>= UInt64(length)
        bitCount -= length
        return Int(entry >> 4)
    }

    // MARK: - Blocks

    private mutating func copyStored() -> Bool {
        _ = take(bitCount % 8)
        guard let length = take(16), let inverse = take(16), length ^ 0xFFFF == inverse else { return false }
        for _ in 0..<length {
            guard let byte = take(8) else { return false }
            output.append(UInt8(byte))
        }
        return true
    }

    private mutating func decode(_ symbols: PrefixCode, _ distances: PrefixCode) -> Bool {
        while let symbol = symbol(symbols) {
            if symbol < 256 {
                output.append(UInt8(symbol))
            } else if symbol == 256 {
                return true
            } else {
                guard symbol < 286, let more = take(Self.lengthBits[symbol - 257]),
                    let code = self.symbol(distances), code < 30, let further = take(Self.distanceBits[code])
                else { return false }
                let distance = Self.distances[code] + further
                guard distance <= output.count else { return false }
                var from = output.count - distance
                for _ in 0..<Self.lengths[symbol - 257] + more {
                    output.append(output[from])
                    from += 1
                }
            }
        }
        return false
    }

    private mutating func readTables() -> (symbols: PrefixCode, distances: PrefixCode)? {
        guard let symbolCount = take(5).map({ $0 + 257 }), let distanceCount = take(5).map({ $0 + 1 }),
            let lengthCount = take(4).map({ $0 + 4 })
        else { return nil }
        var lengths = [UInt8](repeating: 0, count: 19)
        for index in 0..<lengthCount {
            guard let length = take(3) else { return nil }
            lengths[Self.lengthOrder[index]] = UInt8(length)
        }
        guard let lengthCode = PrefixCode(lengths[...]) else { return nil }
        var all: [UInt8] = []
        while all.count < symbolCount + distanceCount {
            guard let symbol = symbol(lengthCode) else { return nil }
            switch symbol {
            case 0..<16: all.append(UInt8(symbol))
            case 16:
                guard let last = all.last, let count = take(2) else { return nil }
                all += [UInt8](repeating: last, count: 3 + count)
            case 17:
                guard let count = take(3) else { return nil }
                all += [UInt8](repeating: 0, count: 3 + count)
            default:
                guard let count = take(7) else { return nil }
                all += [UInt8](repeating: 0, count: 11 + count)
            }
        }
        guard all.count == symbolCount + distanceCount, let symbols = PrefixCode(all[..<symbolCount]),
            let distances = PrefixCode(all[symbolCount...])
        else { return nil }
        return (symbols, distances)
    }

    // MARK: - Constants of the format

    private static let lengths = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distances = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145,
        8193, 12289, 16385, 24577,
    ]
    private static let distanceBits = [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
    ]
    private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    private static let fixedSymbols = PrefixCode(
        ([UInt8](repeating: 8, count: 144) + [UInt8](repeating: 9, count: 112) + [UInt8](repeating: 7, count: 24)
            + [UInt8](repeating: 8, count: 8))[...])!
    private static let fixedDistances = PrefixCode([UInt8](repeating: 5, count: 30)[...])!
}

/// A canonical prefix code as a table: the next bits, lowest first, are the index.
struct PrefixCode {
    /// `symbol << 4 | length` for every pattern of bits; 0 where no code word begins so. The count is a power of two.
    let entries: [UInt16]

    /// Makes the table; nil if the lengths promise more code words than there are.
    init?(_ lengths: ArraySlice<UInt8>) {
        let longest = Int(lengths.max() ?? 0)
        var counts = [Int](repeating: 0, count: 17)
        for length in lengths where length > 0 { counts[Int(length)] += 1 }
        var next = [Int](repeating: 0, count: 17)
        var code = 0
        for length in 1...15 {
            code = (code + (length > 1 ? counts[length - 1] : 0)) << 1
            next[length] = code
            guard code + counts[length] <= 1 << length else { return nil }
        }
        var entries = [UInt16](repeating: 0, count: 1 << longest)
        for (symbol, length) in zip(0..., lengths) where length > 0 {
            let length = Int(length)
            var reversed = 0
            for bit in 0..<length where next[length] >> bit & 1 == 1 { reversed |= 1 << (length - 1 - bit) }
            next[length] += 1
            for index in stride(from: reversed, to: entries.count, by: 1 << length) {
                entries[index] = UInt16(symbol << 4 | length)
            }
        }
        self.entries = entries
    }
}
