/// How many features of a view were asked for, and what became of them.
public struct FeatureCounts: Sendable, Hashable {
    /// Features with a value.
    public var present = 0
    /// Features without a value of entities that are known.
    public var nullValue = 0
    /// Features of entities that are not known.
    public var notFound = 0
    /// Features that were too old.
    public var outsideMaxAge = 0
    /// Entities whose features had an age.
    public var aged = 0
    /// The ages of those, in seconds, added up.
    public var ageSum = 0.0

    /// Adds a status.
    mutating func add(_ status: FeatureStatus, _ count: Int = 1) {
        switch status {
        case .present: present += count
        case .nullValue: nullValue += count
        case .notFound: notFound += count
        case .outsideMaxAge: outsideMaxAge += count
        }
    }

    /// The count of a status.
    public func count(of status: FeatureStatus) -> Int {
        switch status {
        case .present: present
        case .nullValue: nullValue
        case .notFound: notFound
        case .outsideMaxAge: outsideMaxAge
        }
    }

    static func += (left: inout FeatureCounts, right: FeatureCounts) {
        left.present += right.present
        left.nullValue += right.nullValue
        left.notFound += right.notFound
        left.outsideMaxAge += right.outsideMaxAge
        left.aged += right.aged
        left.ageSum += right.ageSum
    }
}
