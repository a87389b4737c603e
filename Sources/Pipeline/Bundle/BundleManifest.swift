import Core
import FoundationEssentials

/// `bundle.json`: what a bundle holds.
public struct BundleManifest: Codable, Sendable, Equatable {
    /// The name of the file in a bundle's folder.
    static let fileName = "bundle.json"
    static let currentFormat = "martlet-bundle/1"

    var format = BundleManifest.currentFormat
    /// The number of the published version that the bundle belongs to.
    public var version: Int
    /// The run that made it.
    public var run: String
    /// When it was made, in seconds since 1970.
    public var created: Int64
    /// The end of the data that it was made of, in seconds since 1970.
    public var dataEnd: Int64
    /// The name and the kind of the model whose vectors are searched; nil if there is none.
    public var tower: Model?
    /// The name and the kind of the model that ranks; nil if there is none.
    public var ranker: Model?
    /// The models that rank in variants of experiments alone; nil if there are none.
    public var otherRankers: [Model]?
    /// The column that tells an item's category; nil if none was named.
    public var category: String?

    /// The index of the vectors; nil if there is none.
    public var index: IndexSummary?
    /// The name of the vectors on the server that keeps them; nil if none does.
    public var vectors: String?
    /// How the ranking model's best scores were spread when the bundle was made; nil if no model ranks.
    public var scores: ScoreDistribution?

    /// A model in a bundle.
    public struct Model: Codable, Sendable, Equatable {
        /// The name in `martlet.yml`.
        public var name: String
        /// Its kind.
        public var kind: String

        /// Names a model.
        public init(name: String, kind: String) {
            self.name = name
            self.kind = kind
        }
    }

    /// Describes a bundle.
    public init(
        version: Int, run: String, created: Int64, dataEnd: Int64, tower: Model? = nil, ranker: Model? = nil,
        category: String? = nil
    ) {
        self.version = version
        self.run = run
        self.created = created
        self.dataEnd = dataEnd
        self.tower = tower
        self.ranker = ranker
        self.category = category
    }

    /// What is taken from the wall's clock to get the bundle's: where the data ended long before it was published (a
    /// public data set, say), requests are answered as if it had ended then, so that a history is as old as it was.
    public var clockOffset: Int64 {
        let lag = created - dataEnd
        return lag > 7 * 86_400 ? lag : 0
    }

    /// Reads the description of the bundle in `folder`.
    ///
    /// - Throws: `notFound` if there is none, `corrupted` if it describes no bundle.
    public init(reading folder: String) throws {
        let path = "\(folder)/\(Self.fileName)"
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw MartletError(
                .notFound, "there is no bundle at \(folder)",
                hint: "add 'pipeline:' to martlet.yml and publish: martlet publish")
        }
        do {
            self = try JSONDecoder().decode(Self.self, from: bytes)
        } catch {
            throw MartletError(
                .corrupted, "\(path) describes no bundle", hint: "publish again: martlet publish", underlying: error)
        }
        guard format == Self.currentFormat else {
            throw MartletError(
                .corrupted, "\(path) has format '\(format)', expected '\(Self.currentFormat)'",
                hint: "publish again with this version of martlet")
        }
    }

    /// Writes the description into `folder`.
    package func write(to folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(Array(try encoder.encode(self)), to: "\(folder)/\(Self.fileName)")
    }
}
