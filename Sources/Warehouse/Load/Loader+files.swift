import Core

extension Loader {
    /// The files that paths, globs and folders stand for, sorted.
    ///
    /// - Parameter location: where the project file names them, for the message.
    /// - Throws: `notFound` if one stands for no file.
    public static func files(_ patterns: [String], at location: SourceLocation? = nil) throws -> [String] {
        try SourceFile.paths(matching: patterns, location: location)
    }
}
