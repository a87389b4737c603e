import Core

/// Reads moments written by ISO 8601: `2020-09-22`, `2020-09-22 18:30:00`, `2020-09-22T18:30:00.25+02:00`.
///
/// A text without a zone is UTC.
package enum ISOTime {
    /// The microseconds since 1970 of a text, or nil if it is none.
    package static func microseconds(_ text: some StringProtocol) -> Int64? {
        var text = String(text)
        return text.withUTF8 { microseconds($0) }
    }

    /// The microseconds since 1970 of UTF-8 bytes, or nil if they say no moment.
    package static func microseconds(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        var reader = Reader(text: text)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2)
        else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        guard date.isValid else { return nil }
        var seconds = date.dayNumber * 86_400
        var micros: Int64 = 0
        if reader.take("T") || reader.take(" ") {
            guard let hour = reader.number(2), hour < 24, reader.take(":"), let minute = reader.number(2), minute < 60
            else { return nil }
            seconds += hour * 3600 + minute * 60
            if reader.take(":") {
                guard let second = reader.number(2), second <= 60 else { return nil }
                seconds += second
                if reader.take(".") || reader.take(",") {
                    guard let fraction = reader.fraction() else { return nil }
                    micros = fraction
                }
            }
            guard let shift = reader.zone() else { return nil }
            seconds -= shift
        }
        return reader.isAtEnd ? seconds * 1_000_000 + micros : nil
    }

    /// The moments of a text column; nulls stay nulls.
    ///
    /// - Throws: `invalidData` with the first text that says no moment.
    static func microseconds(_ column: Column) throws -> [Int64] {
        guard case .string(let offsets, let bytes) = column.values else { preconditionFailure("text is text") }
        return try (0..<column.count).map { row in
            if column.isNull(row) { return FeatureColumn.nullInteger }
            let text = UnsafeBufferPointer(rebasing: bytes.values[Int(offsets[row])..<Int(offsets[row + 1])])
            guard let moment = microseconds(text) else {
                throw MartletError(
                    .invalidData, "'\(String(decoding: text.prefix(40), as: UTF8.self))' is no date",
                    hint: "write dates like 2020-09-22 or 2020-09-22T18:30:00Z")
            }
            return moment
        }
    }

    private struct Reader {
        let text: UnsafeBufferPointer<UInt8>
        var place = 0

        var isAtEnd: Bool { place == text.count }

        mutating func take(_ sign: Unicode.Scalar) -> Bool {
            guard place < text.count, text[place] == UInt8(sign.value) else { return false }
            place += 1
            return true
        }

        mutating func number(_ digits: Int) -> Int64? {
            guard place + digits <= text.count else { return nil }
            var value: Int64 = 0
            for _ in 0..<digits {
                guard (0x30...0x39).contains(text[place]) else { return nil }
                value = value * 10 + Int64(text[place] - 0x30)
                place += 1
            }
            return value
        }

        /// Digits behind the point, as microseconds; more than six are cut off.
        mutating func fraction() -> Int64? {
            var value: Int64 = 0
            var scale: Int64 = 1_000_000
            let start = place
            while place < text.count, (0x30...0x39).contains(text[place]) {
                if scale > 1 {
                    value = value * 10 + Int64(text[place] - 0x30)
                    scale /= 10
                }
                place += 1
            }
            return place == start ? nil : value * scale
        }

        /// Seconds by which the zone is ahead of UTC.
        mutating func zone() -> Int64? {
            if isAtEnd || take("Z") || take("z") { return 0 }
            let sign: Int64
            if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
            guard let hours = number(2), hours < 24 else { return nil }
            _ = take(":")
            let minutes = isAtEnd ? 0 : number(2)
            guard let minutes, minutes < 60 else { return nil }
            return sign * (hours * 3600 + minutes * 60)
        }
    }
}
