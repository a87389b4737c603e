import Core

/// A part of a date or time, in UTC.
///
/// ```yaml
/// t_dat: [month]     # year, month 1…12, day 1…31, weekday 1 (Monday) … 7, hour 0…23, week 1…53 (ISO 8601)
/// ```
/// Takes timestamps, and text such as `2020-09-22` or `2020-09-22T18:30:00Z`. Null stays null. Parts are categories:
/// without a `categorify` behind, one is put there.
public struct DatePart: FeatureOperator {
    /// Which part.
    public enum Part: String, Codable, Sendable, CaseIterable {
        /// The year.
        case year
        /// The month, 1…12.
        case month
        /// The day of the month, 1…31.
        case day
        /// The day of the week, 1 (Monday) … 7.
        case weekday
        /// The hour, 0…23.
        case hour
        /// The week of the year, 1…53, by ISO 8601.
        case week
    }

    /// The words that name the operator in a project.
    public static let names = Part.allCases.map(\.rawValue)
    /// Which part.
    public var part: Part

    /// Makes an operator.
    public init(_ part: Part) { self.part = part }

    /// Reads the operator from a project; faults go to the argument's diagnostics.
    public init(_ argument: OperatorArgument) {
        part = Part(rawValue: argument.name) ?? .day
        argument.expectNothing()
    }

    /// What comes out if `input` goes in.
    ///
    /// - Throws: `invalidConfiguration` if the operator has no meaning for such values.
    public func output(of input: FeatureKind) throws -> FeatureKind {
        guard input == .moment || input == .text else {
            throw OperatorFault.kind(part.rawValue, wants: "timestamps", found: input)
        }
        return .integer
    }

    /// Turns values into values, one for one.
    ///
    /// - Throws: `invalidData` if the operator should have been fitted and was not, or a value cannot be read.
    /// - Complexity: O(values)
    public func apply(_ column: FeatureColumn, rows: FeatureRows) throws -> FeatureColumn {
        let moments: [Int64]
        switch column.values {
        case .moment(let values): moments = values
        case .text(let texts): moments = try ISOTime.microseconds(texts)
        default: preconditionFailure("the kinds of the operators were checked")
        }
        return column.with(.integer(moments.map { $0 == FeatureColumn.nullInteger ? $0 : value($0) }))
    }

    private func value(_ moment: Int64) -> Int64 {
        let day = CivilDate.day(of: moment)
        switch part {
        case .hour: return (moment - day * CivilDate.microsecondsADay) / 3_600_000_000
        case .weekday: return CivilDate.weekday(day)
        case .year: return CivilDate(day: day).year
        case .month: return CivilDate(day: day).month
        case .day: return CivilDate(day: day).day
        case .week: return CivilDate.week(day)
        }
    }
}
