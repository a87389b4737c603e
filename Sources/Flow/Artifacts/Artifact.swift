/// A file or folder in the store, known by the digest of what it holds.
public struct Artifact: Sendable, Hashable, Codable {
    /// Whether it is one file or a folder of files.
    public enum Kind: String, Sendable, Codable {
        /// One file.
        case file
        /// A folder; its digest is that of its manifest.
        case folder
    }

    /// The name that the step gave it.
    public var name: String
    /// File or folder.
    public var kind: Kind
    /// SHA-256 of the file, or of the folder's manifest.
    public var digest: Digest
    /// Bytes in all its files.
    public var size: Int64
}
