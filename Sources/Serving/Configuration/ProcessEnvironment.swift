import FoundationEssentials

/// The environment of the process.
public enum ProcessEnvironment {
    /// Its variables now.
    public static var variables: [String: String] { ProcessInfo.processInfo.environment }
}
