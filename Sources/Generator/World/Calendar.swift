/// The shop's days: it closes on 2020-09-22, a Tuesday.
struct Calendar: Sendable {
    /// Days from 1970-01-01 to the first day.
    let firstDay: Int
    let weeks: Int

    init(weeks: Int) {
        self.weeks = weeks
        // 2020-09-22 is day 18,527 after 1970-01-01.
        firstDay = 18_527 + 1 - 7 * weeks
    }

    /// `2020-09-22` for a day counted from the shop's first.
    func text(_ day: Int) -> String {
        let (year, month, date) = Calendar.date(firstDay + day)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(two(month))-\(two(date))"
    }

    /// The middle of a week as a day of the year.
    func dayOfYear(week: Int) -> Double {
        let day = firstDay + 7 * week + 3
        let (year, _, _) = Calendar.date(day)
        return Double(day - Calendar.days(year: year)) + 1
    }

    /// Visits in a week relative to the mean: more before Christmas, in the summer sale and on Black Friday.
    func traffic(week: Int) -> Double {
        let day = dayOfYear(week: week)
        func bump(_ centre: Double, _ width: Double) -> Double {
            let distance = (day - centre) / width
            return max(0, 1 - distance * distance)
        }
        return 0.9 + 0.5 * bump(331, 8) + 0.25 * bump(350, 12) + 0.4 * bump(175, 25)
    }

    /// The share of a week's visits that falls on each day, Wednesday first; cumulative, out of 256.
    static let dayShares: [UInt64] = [31, 64, 102, 148, 190, 222, 256]

    /// Days from 1970-01-01 to the first of January of a year.
    private static func days(year: Int) -> Int {
        let before = year - 1
        return 365 * (year - 1970) + (before / 4 - before / 100 + before / 400) - 477
    }

    /// Year, month and day of a day counted from 1970-01-01.
    private static func date(_ day: Int) -> (Int, Int, Int) {
        var year = 1970 + day / 366
        while days(year: year + 1) <= day { year += 1 }
        var rest = day - days(year: year)
        let isLeap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
        for (month, length) in [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].enumerated() {
            if rest < length { return (year, month + 1, rest + 1) }
            rest -= length
        }
        preconditionFailure("a year has twelve months")
    }
}
