import Core
import FoundationEssentials

/// What stands in `truth.json`: all that is needed to compute every preference of a shop again.
struct Truth: Codable {
    /// Changes with the way shops are generated: an older truth cannot be computed by newer code.
    static let version = 1

    var generator = "martlet"
    var version = Truth.version
    var configuration: GeneratorConfiguration

    init(configuration: GeneratorConfiguration) { self.configuration = configuration }

    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }

    /// Reads the truth of the shop in `folder`.
    ///
    /// - Throws: `notFound` if there is none, `invalidData` if it cannot be read or is of another version.
    init(folder: String) throws {
        let path = "\(folder)/truth.json"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw MartletError(
                .notFound, "there is no generated shop in \(folder): truth.json is missing",
                hint: "make one with 'martlet generate'")
        }
        do {
            self = try JSONDecoder().decode(Truth.self, from: data)
        } catch {
            throw MartletError(
                .invalidData, "\(path) is not the truth of a generated shop", hint: "generate the shop again",
                underlying: error)
        }
        guard version == Truth.version else {
            throw MartletError(
                .invalidData, "\(path) is of version \(version), this Martlet makes version \(Truth.version)",
                hint: "generate the shop again")
        }
    }
}
