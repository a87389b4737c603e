import Core

/// Writes `transactions_train.csv` in H&M's five columns: sorted by day, and within a day by customer.
struct TransactionsFile {
    static let header = "t_dat,customer_id,article_id,price,sales_channel_id\n"
    /// Rows that are made into text at once by one thread.
    static let blockSize = 16_384

    private let world: World
    private let articleTexts: [UInt8]
    private let prices: PriceTexts

    init(_ world: World) {
        self.world = world
        var texts: [UInt8] = []
        texts.reserveCapacity(10 * world.articles.count)
        for number in world.articles.number { texts.append(contentsOf: ArticlesFile.text(number).utf8) }
        articleTexts = texts
        prices = PriceTexts(largest: Int(world.articles.price.max() ?? 0))
    }

    /// - Returns: the number of bytes.
    func write(to path: String, progress: any ProgressReporting) throws -> Int {
        let simulation = Simulation(world)
        let total = world.configuration.transactions
        let threads = max(1, world.threads)
        // Each thread has a buffer that it uses again: a date, 64 + 10 + 18 signs, commas and a line's end.
        let stride = TransactionsFile.blockSize * 120
        let buffers = SharedArray<UInt8>(repeating: 0, count: stride * 2 * threads)
        let lengths = SharedArray(repeating: 0, count: 2 * threads)
        var written = TransactionsFile.header.utf8.count
        var done = 0
        try AtomicFile.write(to: path) { piece in
            try Array(TransactionsFile.header.utf8).withUnsafeBytes(piece)
            for number in 0..<world.configuration.weeks {
                let week = Week(number, world)
                let rows = simulation.purchases(week)
                let dates = (0..<7).map { Array(world.calendar.text(7 * number + $0).utf8) }
                let blocks = (rows.count + TransactionsFile.blockSize - 1) / TransactionsFile.blockSize
                for first in Swift.stride(from: 0, to: blocks, by: 2 * threads) {
                    let batch = min(2 * threads, blocks - first)
                    inParallel(batch, threads: threads) { slot in
                        let begin = (first + slot) * TransactionsFile.blockSize
                        let end = min(rows.count, begin + TransactionsFile.blockSize)
                        let place = buffers.values.baseAddress! + slot * stride
                        lengths[slot] = format(rows, begin..<end, week, dates, into: place)
                    }
                    for slot in 0..<batch {
                        let text = UnsafeRawBufferPointer(
                            start: buffers.values.baseAddress! + slot * stride, count: lengths[slot])
                        try piece(text)
                        written += lengths[slot]
                    }
                }
                done += rows.count
                progress.update(
                    "write transactions_train.csv", done: done, total: total, unit: "rows",
                    note: world.calendar.text(7 * number))
            }
        }
        return written
    }

    /// Writes rows as text at `place`, for which there must be room; returns the number of bytes.
    private func format(
        _ rows: [Purchase], _ range: Range<Int>, _ week: Week, _ dates: [[UInt8]],
        into place: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var next = place
        @inline(__always)
        func put(_ bytes: [UInt8]) {
            bytes.withUnsafeBufferPointer { next.update(from: $0.baseAddress!, count: $0.count) }
            next += bytes.count
        }
        @inline(__always)
        func put(_ byte: UInt8) {
            next.pointee = byte
            next += 1
        }
        @inline(__always)
        func put(hex word: UInt64) {
            // Eight digits at a time: spread the nibbles over bytes, then to '0'…'9' or 'a'…'f'.
            for half in [word >> 32, word & 0xFFFF_FFFF] {
                var spread = half
                spread = (spread | (spread << 16)) & 0x0000_FFFF_0000_FFFF
                spread = (spread | (spread << 8)) & 0x00FF_00FF_00FF_00FF
                spread = (spread | (spread << 4)) & 0x0F0F_0F0F_0F0F_0F0F
                let isLetter = ((spread &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
                let digits = spread &+ 0x3030_3030_3030_3030 &+ isLetter &* 39
                UnsafeMutableRawPointer(next).storeBytes(of: digits.bigEndian, as: UInt64.self)
                next += 8
            }
        }
        articleTexts.withUnsafeBufferPointer { texts in
            for index in range {
                let row = rows[index]
                put(dates[Int(row.day)])
                put(0x2C)
                let identity = world.customers.identity(Int(row.user))
                put(hex: identity.0)
                put(hex: identity.1)
                put(hex: identity.2)
                put(hex: identity.3)
                put(0x2C)
                next.update(from: texts.baseAddress! + 10 * Int(row.item), count: 10)
                next += 10
                put(0x2C)
                put(prices[Int(week.price[Int(row.item)])])
                put(0x2C)
                put(0x30 + row.channel)
                put(0x0A)
            }
        }
        return next - place
    }
}
