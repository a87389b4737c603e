/// A complete version of a shop's lists in a store.
public struct PublishedVersion: Codable, Hashable, Sendable {
    /// The version's number, counted from 1 within its shop.
    public var version: Int
    /// What it holds.
    public var manifest: ListManifest
    /// Whether it is the one that readers use.
    public var isLive: Bool

    /// Makes a description of a version.
    public init(version: Int, manifest: ListManifest, isLive: Bool) {
        self.version = version
        self.manifest = manifest
        self.isLive = isLive
    }
}
