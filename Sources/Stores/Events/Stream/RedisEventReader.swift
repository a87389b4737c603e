import Core

/// Reads a stream of events from a place on, page by page.
package struct RedisEventReader: Sendable {
    /// The place of an entry: Redis's two numbers, the first the milliseconds since 1970.
    package struct Place: Hashable, Sendable {
        package var milliseconds: Int64
        package var sequence: Int64

        package init(_ milliseconds: Int64, _ sequence: Int64) {
            self.milliseconds = milliseconds
            self.sequence = sequence
        }

        init?(_ text: String) {
            let parts = text.split(separator: "-")
            guard parts.count == 2, let first = Int64(parts[0]), let second = Int64(parts[1]) else { return nil }
            self.init(first, second)
        }

        var text: String { "\(milliseconds)-\(sequence)" }
    }

    /// Some entries.
    package struct Page: Sendable {
        package var records: [EventRecord] = []
        /// Entries that are no records, each with its place.
        package var faults: [MartletError] = []
        package var bytes = 0
    }

    private let session: RedisSession
    private let configuration: RedisEventLogConfiguration
    private let count: Int
    /// The last entry that was read.
    package private(set) var place: Place

    /// Begins behind `place`.
    package init(
        session: RedisSession, configuration: RedisEventLogConfiguration, after place: Place, count: Int = 5000
    ) {
        self.session = session
        self.configuration = configuration
        self.place = place
        self.count = count
    }

    /// The next entries; nil if there are no more now.
    ///
    /// - Throws: `unavailable`.
    package mutating func next() async throws -> Page? {
        let words = ["XRANGE", "{\(configuration.name)}:log", "(\(place.text)", "+", "COUNT", "\(count)"]
        let answer = try await session.answers(to: [words.map { Array($0.utf8) }], key: configuration.stream)[0]
        guard let entries = answer.elements, !entries.isEmpty else { return nil }
        var page = Page()
        for entry in entries {
            guard let parts = entry.elements, parts.count == 2, let id = parts[0].text, let found = Place(id) else {
                throw MartletError(.system, "\(session.summary) does not answer XRANGE with entries")
            }
            place = found
            let line = parts[1].member("e")?.bytes ?? []
            page.bytes += line.count
            if let record = line.withUnsafeBufferPointer({ EventLine.parse($0) }) {
                page.records.append(record)
            } else {
                page.faults.append(
                    MartletError(
                        .corrupted, "the entry \(id) of the stream {\(configuration.name)}:log is no event",
                        hint:
                            "it is passed over; look at it: redis-cli XRANGE '{\(configuration.name)}:log' \(id) \(id)")
                )
            }
        }
        return page
    }
}
