/// A date of the Gregorian calendar, from and to days since 1970-01-01.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013).
package struct CivilDate: Equatable {
    package var year: Int64
    /// 1…12
    package var month: Int64
    /// 1…31
    package var day: Int64

    static let microsecondsADay: Int64 = 86_400_000_000

    package init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The date that lies `day` days behind 1970-01-01.
    @inline(__always)
    package init(day: Int64) {
        // Years begin in March here, so that the leap day is the last of its year.
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        self.day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970-01-01.
    package var dayNumber: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Whether there is such a date.
    package var isValid: Bool {
        (1...12).contains(month) && day >= 1 && CivilDate(day: dayNumber) == self
    }

    /// The day that holds a moment in microseconds.
    @inline(__always)
    static func day(of moment: Int64) -> Int64 {
        let quotient = moment / microsecondsADay
        return moment % microsecondsADay < 0 ? quotient - 1 : quotient
    }

    /// 1 (Monday) … 7.
    @inline(__always)
    static func weekday(_ day: Int64) -> Int64 {
        let remainder = (day + 3) % 7
        return (remainder < 0 ? remainder + 7 : remainder) + 1
    }

    /// The ISO week: the one of the year that holds the week's Thursday.
    static func week(_ day: Int64) -> Int64 {
        let thursday = day - weekday(day) + 4
        let year = CivilDate(day: thursday).year
        return (thursday - CivilDate(year: year, month: 1, day: 1).dayNumber) / 7 + 1
    }
}
