import Core
import Foundation
import Stores
import Synchronization
import Testing

@Suite struct EventLogTests {
    private func configuration(_ folder: String) -> EventLogConfiguration {
        EventLogConfiguration(folder: "\(folder)/log")
    }

    @Test func whatWasWrittenIsReadAgain() async throws {
        try await withTemporaryFolder { folder in
            let written = Applied()
            let log = try EventLog(configuration(folder), apply: written.take)
            var odd = event(1)
            (odd.id, odd.user, odd.item) = ("\"quoted\\ \n\u{1}", "Zoë 🦆", "a,b\tc")
            odd.request = "r-1"
            odd.time = -1
            let events = [odd] + (2..<500).map { event($0) }
            #expect(try await log.append(events) == events.map { _ in true })
            #expect(written.events == events)
            await log.close()

            let read = Applied()
            let again = try EventLog(configuration(folder), apply: read.take)
            #expect(read.events == events)
            #expect(again.recovery.records == 499 && again.recovery.cutBytes == 0 && again.recovery.faults.isEmpty)
            await again.close()
        }
    }

    @Test func aRepeatedIDIsDroppedAlsoAfterARestart() async throws {
        try await withTemporaryFolder { folder in
            let first = try EventLog(configuration(folder)) { _ in }
            #expect(try await first.append([event(1), event(2), event(1)]) == [true, true, false])
            #expect(try await first.append([event(2), event(3)]) == [false, true])
            await first.close()
            let applied = Applied()
            let second = try EventLog(configuration(folder), apply: applied.take)
            #expect(try await second.append([event(3), event(4), event(1)]) == [false, true, false])
            #expect(applied.events.map(\.id) == ["1", "2", "3", "4"])
            await second.close()
        }
    }

    @Test func onlySoManyIDsAreRemembered() async throws {
        try await withTemporaryFolder { folder in
            var small = configuration(folder)
            small.rememberedIDs = 10
            let log = try EventLog(small) { _ in }
            for number in 0..<100 { _ = try await log.append([event(number)]) }
            #expect(log.status.rememberedIDs <= 20)
            #expect(try await log.append((90..<100).map { event($0) }).allSatisfy { !$0 }, "the last ten are known")
            #expect(try await log.append([event(0)]) == [true])
            await log.close()
        }
    }

    @Test func concurrentCallsShareFlushesAndLoseNothing() async throws {
        try await withTemporaryFolder { folder in
            let applied = Applied()
            let log = try EventLog(configuration(folder), apply: applied.take)
            let news = try await withThrowingTaskGroup(of: Int.self) { group in
                for task in 0..<64 {
                    group.addTask {
                        var news = 0
                        // Two tasks each send the same events: one of them is the first.
                        for number in 0..<50 {
                            let isNew = try await log.append([event(task / 2 * 1000 + number)])
                            news += isNew.count { $0 }
                        }
                        return news
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(news == 32 * 50 && applied.events.count == 32 * 50)
            #expect(log.status.commits < 64 * 50 / 2, "\(log.status.commits) flushes for 3,200 calls")
            await log.close()
            let read = Applied()
            try await EventLog(configuration(folder), apply: read.take).close()
            #expect(read.events == applied.events, "the order of the log is that in which events were applied")
        }
    }

    @Test func segmentsAreClosedBySizeAndRemovedByAge() async throws {
        try await withTemporaryFolder { folder in
            var small = configuration(folder)
            small.segmentBytes = 1000
            small.retention = nil
            let log = try EventLog(small) { _ in }
            for number in 0..<40 { _ = try await log.append([event(number)]) }
            await log.close()
            let segments = EventSegment.all(in: small.folder)
            #expect(segments.count > 5 && segments.map(\.number) == Array(1...segments.count))
            // What was begun long ago is removed, two segments for each that begins; the clock is trusted no further.
            for segment in segments {
                let old = segment.path.replacing(
                    "-\(segment.name.split(separator: "-")[2])", with: "-20200101T000000Z.jsonl")
                try FileManager.default.moveItem(atPath: segment.path, toPath: old)
            }
            small.retention = 3600
            small.replay = 1 << 40
            let kept = try EventLog(small) { _ in }
            #expect(kept.recovery.records == 40)
            _ = try await kept.append([event(100)])
            #expect(EventSegment.all(in: small.folder).count == segments.count + 1 - 2)
            #expect(kept.status.bytes == EventSegment.all(in: small.folder).reduce(0) { $0 + size($1.path) })
            await kept.close()
        }
    }

    @Test func twoProcessesCannotShareALog() async throws {
        try await withTemporaryFolder { folder in
            let log = try EventLog(configuration(folder)) { _ in }
            let error = #expect(throws: MartletError.self) { try EventLog(configuration(folder)) { _ in } }
            #expect(error?.code == .busy)
            await log.close()
            try await EventLog(configuration(folder)) { _ in }.close()
            await #expect(throws: MartletError.self) { try await log.append([event(1)]) }
        }
    }
}

/// The events that a log applied, in order.
final class Applied: Sendable {
    private let held = Mutex<[Event]>([])
    var events: [Event] { held.withLock { $0 } }
    @Sendable func take(_ record: EventRecord) { held.withLock { $0.append(record.event) } }
}

/// Event `number`; its id is the number.
func event(_ number: Int, user: String? = nil) -> Event {
    Event(
        id: "\(number)", kind: Event.Kind.allCases[number % 5], user: user ?? "u\(number % 7)",
        item: "item-\(number % 11)",
        time: 1_795_500_000_000_000 + Int64(number) * 1_000_001)
}

func size(_ path: String) -> Int {
    (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int).flatMap(\.self) ?? -1
}
