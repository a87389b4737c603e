extension FeatureTimestamp {
    /// Reads `2026-11-24`, `2026-11-24T09:30:00Z`, `2026-11-24 09:30:00.123456+01:00`; a moment without a zone is
    /// universal time. Nil if the text is none, or names a day that does not exist.
    ///
    /// Source: RFC 3339; days by Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    public init?(parsing text: String) {
        var rest = Array(text.utf8)[...]
        func digits(_ count: Int) -> Int? {
            guard rest.count >= count else { return nil }
            var value = 0
            for byte in rest.prefix(count) {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            rest = rest.dropFirst(count)
            return value
        }
        func take(_ letters: String) -> Bool {
            guard let byte = rest.first, letters.utf8.contains(byte) else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let year = digits(4), take("-"), let month = digits(2), take("-"), let day = digits(2),
            (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year)
        else { return nil }
        var seconds = Self.dayNumber(year, month, day) * 86_400
        var nanoseconds = 0
        if take("Tt ") {
            guard let hour = digits(2), take(":"), let minute = digits(2), hour < 24, minute < 60 else { return nil }
            seconds += hour * 3600 + minute * 60
            if take(":") {
                guard let second = digits(2), second < 60 else { return nil }
                seconds += second
                if take(".") {
                    let fraction = rest.prefix { (0x30...0x39).contains($0) }
                    guard (1...9).contains(fraction.count), let value = digits(fraction.count) else { return nil }
                    nanoseconds = (fraction.count..<9).reduce(value) { value, _ in value * 10 }
                }
            }
            if !take("Zz"), let sign = rest.first, take("+-") {
                guard let hours = digits(2), hours < 24 else { return nil }
                _ = take(":")
                guard let minutes = rest.isEmpty ? 0 : digits(2), minutes < 60 else { return nil }
                let offset = hours * 3600 + minutes * 60
                seconds -= sign == UInt8(ascii: "+") ? offset : -offset
            }
        }
        guard rest.isEmpty else { return nil }
        self.init(seconds: Int64(seconds), nanoseconds: Int32(nanoseconds))
    }

    /// The moment as RFC 3339 writes it in universal time, with as many digits behind the second as it takes: none,
    /// three, six or nine, as protobuf's JSON has it.
    public var text: String {
        let (days, rest) = Self.divide(seconds, 86_400)
        let (year, month, day) = Self.date(days)
        var text = "\(Self.pad(year, 4))-\(Self.pad(month, 2))-\(Self.pad(day, 2))T"
        text += "\(Self.pad(rest / 3600, 2)):\(Self.pad(rest / 60 % 60, 2)):\(Self.pad(rest % 60, 2))"
        let nanos = Int64(nanoseconds)
        if nanos == 0 { return text + "Z" }
        if nanos % 1_000_000 == 0 { return "\(text).\(Self.pad(nanos / 1_000_000, 3))Z" }
        if nanos % 1000 == 0 { return "\(text).\(Self.pad(nanos / 1000, 6))Z" }
        return "\(text).\(Self.pad(nanos, 9))Z"
    }

    private static func divide(_ value: Int64, _ by: Int64) -> (Int64, Int64) {
        let (quotient, rest) = value.quotientAndRemainder(dividingBy: by)
        return rest < 0 ? (quotient - 1, rest + by) : (quotient, rest)
    }

    private static func pad(_ value: Int64, _ width: Int) -> String {
        let text = "\(value)"
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01.
    private static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = divide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
