import Core

/// What a feature describes.
public enum FeatureGroup: String, Codable, Sendable, CaseIterable, CodingKeyRepresentable {
    /// The shopper: columns of the users table.
    case user
    /// The article: columns of the items table.
    case item
    /// The moment of the interaction: columns of the interactions table.
    case context

    /// The tag of the group's columns.
    public var tag: Tag {
        switch self {
        case .user: .user
        case .item: .item
        case .context: .context
        }
    }
}
