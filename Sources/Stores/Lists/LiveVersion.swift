import Core
import FoundationEssentials

/// The pointer of a shop: which version is live, and which ones were before it.
struct LiveVersion: Codable, Hashable, Sendable {
    /// A version that was live before.
    struct Retired: Codable, Hashable, Sendable {
        /// Its number.
        var version: Int
        /// Until when it was live, in seconds since 1970.
        var until: Int64
    }

    /// The live version.
    var version: Int
    /// Since when it is live, in seconds since 1970.
    var since: Int64
    /// The versions that were live before, the latest last; a rollback takes from its end.
    var history: [Retired] = []

    /// As many old versions are remembered for rollbacks.
    static let rememberedVersions = 100

    /// The stored form: JSON, keys sorted.
    var encoded: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            return Array(try encoder.encode(self))
        }
    }

    init(version: Int, since: Int64, history: [Retired] = []) {
        self.version = version
        self.since = since
        self.history = history.suffix(Self.rememberedVersions)
    }

    /// The pointer after a switch to `version` at time `now`.
    func switched(to version: Int, now: Int64) -> LiveVersion {
        LiveVersion(version: version, since: now, history: history + [Retired(version: self.version, until: now)])
    }

    init(decoding bytes: [UInt8], shop: String) throws {
        do {
            self = try JSONDecoder().decode(LiveVersion.self, from: Data(bytes))
        } catch {
            throw MartletError(
                .corrupted, "the pointer to the live version of '\(shop)' cannot be read",
                hint: "publish again", underlying: error)
        }
    }
}
