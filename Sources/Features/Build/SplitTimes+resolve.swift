import Core

extension SplitTimes {
    /// Where the windows lie in data that run from `first` to `last`.
    ///
    /// Lengths are counted back from just behind the last row, so that `28d` of daily data are its last 28 days.
    ///
    /// - Throws: `invalidConfiguration` if a date lies outside the data or nothing is left to train on.
    static func resolve(
        _ configuration: DatasetConfiguration, first: Int64, last: Int64
    ) throws -> SplitTimes {
        let end = last + 1
        let span = "the data run from \(TimeText.text(first)) to \(TimeText.text(last))"
        func start(_ name: String, _ boundary: DatasetConfiguration.Boundary, before next: Int64) throws -> Int64 {
            switch boundary {
            case .none: return next
            case .length(let seconds): return next - Int64(min(seconds.rounded(), 1e15))
            case .date(let date):
                guard date > first, date <= last else {
                    throw MartletError(
                        .invalidConfiguration, "the \(name) window begins at \(TimeText.text(date)), and \(span)",
                        hint: "choose a date within the data, or a length such as '28d' below 'split'")
                }
                return date
            }
        }
        let testStart = try start("test", configuration.test, before: end)
        let validationStart = try start("validation", configuration.validation, before: testStart)
        guard validationStart <= testStart else {
            throw MartletError(
                .invalidConfiguration,
                "the validation window begins at \(TimeText.text(validationStart)), behind the test window's beginning "
                    + "at \(TimeText.text(testStart))", hint: "put 'split.validation' before 'split.test'")
        }
        guard validationStart > first else {
            throw MartletError(
                .invalidConfiguration,
                "nothing is left to train on: \(span), and validation begins at \(TimeText.text(validationStart))",
                hint: "shorten the windows below 'split', or write 'none' for windows that you don't need")
        }
        return SplitTimes(first: first, validationStart: validationStart, testStart: testStart, end: end)
    }
}

/// Moments as messages write them.
enum TimeText {
    /// `2020-09-22`, or `2020-09-22T18:30:00Z` if it is no midnight.
    static func text(_ seconds: Int64) -> String {
        let day = CivilDate.day(of: seconds.multipliedReportingOverflow(by: 1_000_000).partialValue)
        let date = CivilDate(day: day)
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let text = "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
        let rest = seconds - day * 86_400
        if rest == 0 { return text }
        return "\(text)T\(padded(rest / 3600, 2)):\(padded(rest / 60 % 60, 2)):\(padded(rest % 60, 2))Z"
    }
}
