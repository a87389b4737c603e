/// The version of this program, of which every training keeps a note.
public enum ProductVersion {
    /// As `martlet --version` says it.
    public static let text = "0.1.0"
}
