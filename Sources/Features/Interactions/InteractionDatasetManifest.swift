import Core
import FoundationEssentials

/// `schema.json` of an interaction dataset: the counts, the split and what the build saw.
package struct InteractionDatasetManifest: Codable, Sendable, Equatable {
    package static let fileName = "schema.json"
    package static let currentFormat = "martlet-interactions/1"

    package var format = InteractionDatasetManifest.currentFormat
    package var users: Int
    package var trainedUsers: Int
    package var items: Int
    package var trainedItems: Int
    package var rows: [String: Int]
    /// Seconds since 1970; see ``SplitTimes``.
    package var split: SplitTimes
    package var hasCatalogue: Bool
    package var title: String?
    /// The kinds of events, those that count least first; nil where all are of one kind.
    package var eventTypes: [String]?
    package var notes: [String]

    package static func read(_ folder: String) throws -> InteractionDatasetManifest {
        let path = "\(folder)/\(fileName)"
        guard FileManager.default.fileExists(atPath: path) else {
            throw MartletError(
                .notFound, "there is no dataset of interactions at \(folder)", hint: "run 'martlet run' to build it")
        }
        let manifest: InteractionDatasetManifest
        do {
            manifest = try JSONDecoder().decode(Self.self, from: try MappedFile.contents(of: path))
        } catch {
            throw MartletError(
                .corrupted, "\(path) describes no dataset of interactions", hint: "build the dataset again",
                underlying: error)
        }
        guard manifest.format == currentFormat else {
            throw MartletError(
                .corrupted, "\(path) has format '\(manifest.format)', expected '\(currentFormat)'",
                hint: "build the dataset again with this version of martlet")
        }
        return manifest
    }

    package func write(to folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(Array(try encoder.encode(self)), to: "\(folder)/\(Self.fileName)")
    }
}
