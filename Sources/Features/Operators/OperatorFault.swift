import Core

/// Errors that operators share.
enum OperatorFault {
    /// An operator before which the wrong kind of values comes.
    static func kind(_ name: String, wants: String, found: FeatureKind) -> MartletError {
        let hint =
            switch found {
            case .text: "cast the column to a number or a date in SQL, or use categorify"
            case .code: "categorify must be the last operator"
            default: "put \(name) behind an operator that gives \(wants)"
            }
        return MartletError(.invalidConfiguration, "\(name) takes \(wants), found \(found.words)", hint: hint)
    }

    /// An operator that is applied before it learned anything.
    static func notFitted(_ name: String) -> MartletError {
        MartletError(.invalidData, "\(name) was not fitted", hint: "fit the workflow on training rows first")
    }
}

extension FeatureKind {
    /// Whether arithmetic has a meaning for such values.
    var isNumeric: Bool { self == .real || self == .integer }
}

extension FeatureColumn {
    /// The values as real numbers, NaN where null; the kinds must have been checked.
    var reals: [Double] {
        switch values {
        case .real(let values): values
        case .integer(let values): values.map { $0 == Self.nullInteger ? .nan : Double($0) }
        default: preconditionFailure("the kinds of the operators were checked")
        }
    }
}
