import Core
import FoundationEssentials

/// What a published version is: which model made it, when, and what must be in it.
public struct ListManifest: Codable, Hashable, Sendable {
    /// The version's number, counted from 1 within its shop; given by the publisher.
    public var version: Int = 0
    /// The model's name, such as `two-tower`.
    public var model: String
    /// The model's version, such as the run that trained it.
    public var modelVersion: String
    /// When the lists were made, in seconds since 1970.
    public var created: Int64
    /// How many items a user's list has at most.
    public var k: Int
    /// What the model reached in its evaluation, such as `recall@12`.
    public var metrics: [String: Double]

    /// How many users have a list.
    public var users: Int = 0
    /// How many items have a list of similar items.
    public var similar: Int = 0
    /// How many segments have a fallback.
    public var fallbacks: Int = 0
    /// How many items the catalogue holds.
    public var items: Int = 0
    /// How many entries the version's namespace holds.
    public var entries: Int = 0
    /// ``StoreChecksum`` of all entries, 16 hexadecimal digits.
    public var checksum: String = ""

    /// Describes lists that are about to be published; the publisher fills in the rest.
    ///
    /// - Parameters:
    ///   - model: the model's name.
    ///   - modelVersion: the model's version.
    ///   - created: seconds since 1970.
    ///   - k: how many items a user's list has at most.
    ///   - metrics: what the model reached in its evaluation.
    public init(model: String, modelVersion: String, created: Int64, k: Int, metrics: [String: Double] = [:]) {
        self.model = model
        self.modelVersion = modelVersion
        self.created = created
        self.k = k
        self.metrics = metrics
    }

    /// How many lists there are: users', similar items' and fallbacks.
    public var lists: Int { users + similar + fallbacks }

    /// The time of making as `2026-11-23T01:30:00Z`.
    public var createdText: String {
        Date(timeIntervalSince1970: Double(created)).formatted(.iso8601)
    }

    /// The stored form: JSON, keys sorted.
    var encoded: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            return Array(try encoder.encode(self))
        }
    }

    /// - Throws: `corrupted` if the bytes are no manifest.
    init(decoding bytes: [UInt8], name: String) throws {
        do {
            self = try JSONDecoder().decode(ListManifest.self, from: Data(bytes))
        } catch {
            throw MartletError(
                .corrupted, "the manifest '\(name)' cannot be read", hint: "publish again", underlying: error)
        }
    }
}
