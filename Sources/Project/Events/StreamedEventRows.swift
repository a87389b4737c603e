import Core
import Stores
import Warehouse

/// The events of a stream in Redis as rows for the warehouse, from where an earlier load stopped.
final class StreamedEventRows: GrowingRows {
    let schema: Schema = EventRows.columns
    let key = "event_id"
    private(set) var faults: [(file: String, reason: String)] = []
    private let name: String
    private let session: RedisSession
    private var reader: RedisEventReader

    /// How far the stream was read: the two numbers of the last entry's id.
    var places: [String: Int] {
        ["\(name) ms": Int(reader.place.milliseconds), "\(name) sequence": Int(reader.place.sequence)]
    }

    /// Connects, and begins behind `places`.
    ///
    /// - Parameter url: `redis://host:port/database#stream`.
    /// - Throws: `unavailable`, `unauthorized`, `invalidConfiguration`.
    init(url: String, after places: [String: Int]) throws {
        let parts = url.split(separator: "#", maxSplits: 1).map(String.init)
        var configuration = try RedisEventLogConfiguration(url: parts[0])
        if parts.count > 1 { configuration.name = parts[1] }
        name = configuration.name
        let settings = configuration
        let session = try waiting { try await RedisSession(settings.redis) }
        self.session = session
        reader = RedisEventReader(
            session: session, configuration: configuration,
            after: .init(Int64(places["\(name) ms"] ?? 0), Int64(places["\(name) sequence"] ?? 0)))
    }

    deinit { session.close() }

    func next() throws -> Table? {
        while true {
            let start = reader
            let (moved, page) = try waiting {
                var reader = start
                let page = try await reader.next()
                return (reader, page)
            }
            reader = moved
            guard let page else { return nil }
            faults += page.faults.map { (name, $0.message) }
            if !page.records.isEmpty { return try EventRows.table(page.records, file: name) }
        }
    }
}
