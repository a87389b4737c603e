/// Moments as RFC 3339 writes them, to and from microseconds since 1970.
package enum EventTime {
    /// How long ``write(_:to:)``'s text is: `2026-11-24T12:15:30.123456Z`.
    package static let length = 27
    private static let day: Int64 = 86_400_000_000

    /// Appends a moment in UTC with six decimals; years 0 to 9999.
    ///
    /// Source: Hinnant, "chrono-compatible low-level date algorithms" (days to civil date).
    package static func write(_ microseconds: Int64, to text: inout [UInt8]) {
        var days = microseconds / day
        var rest = microseconds % day
        if rest < 0 { (days, rest) = (days - 1, rest + day) }
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let isEarly = month >= 10
        append(yearOfEra + era * 400 + (isEarly ? 1 : 0), 4, to: &text)
        text.append(UInt8(ascii: "-"))
        append(isEarly ? month - 9 : month + 3, 2, to: &text)
        text.append(UInt8(ascii: "-"))
        append(dayOfYear - (153 * month + 2) / 5 + 1, 2, to: &text)
        text.append(UInt8(ascii: "T"))
        let seconds = rest / 1_000_000
        append(seconds / 3600, 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(seconds / 60 % 60, 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(seconds % 60, 2, to: &text)
        text.append(UInt8(ascii: "."))
        append(rest % 1_000_000, 6, to: &text)
        text.append(UInt8(ascii: "Z"))
    }

    /// `2026-11-24T12:15:30.123456Z`
    package static func text(_ microseconds: Int64) -> String {
        var text: [UInt8] = []
        write(microseconds, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads `2026-11-24T12:15:30Z`, with any number of decimals (those after the sixth are dropped) and with `Z` or an
    /// offset such as `+01:00`; nil if the text is no such moment.
    package static func parse(_ text: some Collection<UInt8>) -> Int64? {
        text.withContiguousStorageIfAvailable(parse) ?? Array(text).withUnsafeBufferPointer(parse)
    }

    private static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        var reader = Reader(bytes: text)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let date = reader.number(2), reader.take("T") || reader.take("t") || reader.take(" "),
            let hour = reader.number(2), reader.take(":"), let minute = reader.number(2), reader.take(":"),
            let second = reader.number(2), (1...12).contains(month), (1...daysOf(month, year)).contains(date),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var fraction: Int64 = 0
        if reader.take(".") {
            var unit: Int64 = 100_000
            guard let first = reader.number(1) else { return nil }
            fraction = first * unit
            while let digit = reader.number(1) {
                unit /= 10
                fraction += digit * unit
            }
        }
        var offset: Int64 = 0
        if !reader.take("Z"), !reader.take("z") {
            let sign: Int64 = reader.take("+") ? 1 : reader.take("-") ? -1 : 0
            guard sign != 0, let hours = reader.number(2), reader.take(":"), let minutes = reader.number(2), hours < 24,
                minutes < 60
            else { return nil }
            offset = sign * (hours * 60 + minutes)
        }
        guard reader.position == text.count else { return nil }
        let minutes = (daysSince1970(year, month, date) * 24 + hour) * 60 + minute - offset
        return (minutes * 60 + second) * 1_000_000 + fraction
    }

    private struct Reader {
        let bytes: UnsafeBufferPointer<UInt8>
        var position = 0

        mutating func take(_ sign: Unicode.Scalar) -> Bool {
            guard position < bytes.count, bytes[position] == UInt8(ascii: sign) else { return false }
            position += 1
            return true
        }

        mutating func number(_ digits: Int) -> Int64? {
            guard bytes.count - position >= digits else { return nil }
            var value: Int64 = 0
            for byte in bytes[position..<position + digits] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            position += digits
            return value
        }
    }

    private static func daysOf(_ month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func append(_ value: Int64, _ width: Int, to text: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }
}
