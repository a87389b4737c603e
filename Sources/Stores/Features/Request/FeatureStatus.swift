/// What became of one feature of one entity, with Feast's names.
public enum FeatureStatus: String, Sendable, CaseIterable {
    /// There is a value.
    case present = "PRESENT"
    /// The view knows the entity, and has no value for this feature.
    case nullValue = "NULL_VALUE"
    /// The view does not know the entity, or the store did not answer.
    case notFound = "NOT_FOUND"
    /// There is a value, and it is older than the view's time to live.
    case outsideMaxAge = "OUTSIDE_MAX_AGE"
}
