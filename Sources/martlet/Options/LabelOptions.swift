import ArgumentParser
import Core
import Flow

/// What a new run is filed under.
struct LabelOptions: ParsableArguments {
    @Option(help: "A tag of the run, NAME or NAME=VALUE; may be given several times.")
    var tag: [String] = []

    @Option(help: "Whose run it is, or what it belongs to.")
    var namespace = ""

    var label: RunLabel {
        get throws { RunLabel(namespace: namespace, tags: try Self.tags(tag)) }
    }

    /// Reads tags.
    ///
    /// - Throws: `invalidConfiguration` for one without a name.
    static func tags(_ texts: [String]) throws -> [String: String] {
        var tags: [String: String] = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard !parts[0].isEmpty else {
                throw MartletError(
                    .invalidConfiguration, "'\(text)' is no tag",
                    hint: "write NAME or NAME=VALUE, such as why=new-metric")
            }
            tags[parts[0]] = parts.count > 1 ? parts[1] : ""
        }
        return tags
    }
}
