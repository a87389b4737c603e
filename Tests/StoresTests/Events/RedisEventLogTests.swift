import Core
import Foundation
import Stores
import TestSupport
import Testing

/// What every log of events must do, in files and in a stream.
enum EventJournalContract {
    /// What was acknowledged is read again, once, in order; what comes twice is dropped, also after a restart.
    static func holds(
        _ open: (@escaping @Sendable (EventRecord) -> Void) async throws -> any EventJournal
    ) async throws {
        let written = Applied()
        let log = try await open(written.take)
        var odd = event(1)
        (odd.id, odd.user, odd.item) = ("\"quoted\\ \n\u{1}", "Zoë 🦆", "a,b\tc")
        odd.request = "r-1"
        odd.time = -1
        let events = [odd] + (2..<500).map { event($0) }
        #expect(try await log.append(events) == events.map { _ in true })
        #expect(try await log.append([event(2), event(500), event(500)]) == [false, true, false])
        #expect(written.events == events + [event(500)])
        var impossible = event(501)
        impossible.time = .max
        await #expect(throws: MartletError.self) { try await log.append([impossible]) }
        await log.close()
        await #expect(throws: MartletError.self) { try await log.append([event(600)]) }

        let read = Applied()
        let again = try await open(read.take)
        #expect(read.events == events + [event(500)])
        #expect(again.recovery.records == 500 && again.recovery.faultCount == 0)
        #expect(try await again.append([event(3), event(501), event(1)]) == [false, true, true])
        // Many at once: of two who send the same, one is the first.
        let news = try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<32 {
                group.addTask {
                    var news = 0
                    for number in 0..<20 {
                        news += try await again.append([event(1000 + task / 2 * 100 + number)]).count { $0 }
                    }
                    return news
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(news == 16 * 20)
        #expect(again.status.commits < 32 * 20)
        await again.close()
    }
}

struct EventFilesTests {
    @Test func theContractHolds() async throws {
        try await withTemporaryFolder { folder in
            let path = folder as String
            try await EventJournalContract.holds {
                try EventLog(EventLogConfiguration(folder: "\(path)/log"), apply: $0)
            }
        }
    }
}

@Suite(.timeLimit(.minutes(3)), .enabled(if: RedisServer.isInstalled, "redis-server is not installed"))
struct RedisEventLogTests {
    private func configuration(_ server: RedisServer) -> RedisEventLogConfiguration {
        var redis = server.configuration
        redis.timeout = 1
        return RedisEventLogConfiguration(redis: redis)
    }

    @Test func theContractHolds() async throws {
        let server = try RedisServer(arguments: ["--appendonly", "yes", "--appendfsync", "always"])
        try await server.waitUntilListening()
        let configuration = configuration(server)
        try await EventJournalContract.holds { apply in
            let log = RedisEventLog(configuration, apply: apply)
            try await log.start()
            return log
        }
    }

    @Test func aClusterHoldsIt() async throws {
        let cluster = try await RedisClusterServers.shared.value
        var configuration = RedisEventLogConfiguration(redis: cluster.configuration)
        configuration.name = "events-\(UInt32.random(in: 0 ... .max))"
        let settings = configuration
        try await EventJournalContract.holds { apply in
            let log = RedisEventLog(settings, apply: apply)
            try await log.start()
            return log
        }
    }

    /// A server that dies again and again under load and flushes before it answers: no acknowledged event is lost, none
    /// is there twice, and the log goes on by itself.
    @Test func aKilledServerLosesNoAcknowledgedEvent() async throws {
        let server = try RedisServer(arguments: ["--appendonly", "yes", "--appendfsync", "always"])
        try await server.waitUntilListening()
        let applied = Applied()
        let log = RedisEventLog(configuration(server), apply: applied.take)
        try await log.start()
        #expect(log.recovery.faults.isEmpty, "\(log.recovery.faults)")
        let isDone = Flag()
        let acknowledged = try await withThrowingTaskGroup(of: [String].self) { group in
            for task in 0..<8 {
                group.addTask {
                    var said: [String] = []
                    var number = task * 1_000_000
                    while !isDone.isRaised {
                        // What was refused is sent again with the same id.
                        if (try? await log.append([event(number)])) != nil {
                            said.append("\(number)")
                            number += 1
                        }
                    }
                    return said
                }
            }
            for _ in 0..<3 {
                try await Task.sleep(for: .milliseconds(300))
                server.kill()
                try server.start()
                try await server.waitUntilListening()
            }
            let before = log.status.commits
            try await waitUntil("events are taken again") { log.status.commits > before + 10 }
            isDone.raise()
            return try await group.reduce(into: []) { $0 += $1 }
        }
        await log.close()
        let read = Applied()
        let again = RedisEventLog(configuration(server), apply: read.take)
        try await again.start()
        let found = read.events.map(\.id)
        #expect(Set(found).count == found.count, "no event twice")
        #expect(acknowledged.count > 50 && Set(acknowledged).subtracting(found).isEmpty)
        #expect(Set(acknowledged).subtracting(applied.events.map(\.id)).isEmpty, "each was handed on")
        await again.close()
    }

    @Test func whatIsNotDurableIsSaidOrRefused() async throws {
        let server = try RedisServer()
        try await server.waitUntilListening()
        var configuration = configuration(server)
        let log = RedisEventLog(configuration) { _ in }
        try await log.start()
        #expect(log.recovery.faults.first?.message.contains("memory alone") == true)
        await log.close()
        // There is no replica to have the event.
        configuration.replicas = 1
        let strict = RedisEventLog(configuration) { _ in }
        let refusal = await #expect(throws: MartletError.self) { try await strict.append([event(1)]) }
        #expect(refusal?.code == .unavailable && refusal?.message.contains("0 of 1 replicas") == true)
        await strict.close()
    }

    @Test func aServerThatComesLaterIsFound() async throws {
        let server = try RedisServer()
        try await server.waitUntilListening()
        server.kill()
        let log = RedisEventLog(configuration(server)) { _ in }
        await #expect(throws: MartletError.self) { try await log.start() }
        await #expect(throws: MartletError.self) { try await log.append([event(1)]) }
        try server.start()
        try await server.waitUntilListening()
        try await waitUntil("an event is taken") { (try? await log.append([event(1)])) != nil }
        await log.close()
    }
}
