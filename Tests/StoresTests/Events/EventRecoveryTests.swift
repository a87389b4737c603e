import Core
import Foundation
import Stores
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct EventRecoveryTests {
    /// Writes `count` events, then hands over the bytes of the one segment.
    private func written(_ count: Int, in folder: String) async throws -> (EventSegment, [UInt8]) {
        let log = try EventLog(EventLogConfiguration(folder: folder)) { _ in }
        for number in 0..<count { _ = try await log.append([event(number)]) }
        await log.close()
        let segment = try #require(EventSegment.all(in: folder).first)
        return (segment, try Array(Data(contentsOf: URL(filePath: segment.path))))
    }

    @Test func aTornTailIsCutAtWhicheverByteItEnds() async throws {
        try await withTemporaryFolder { folder in
            let (segment, bytes) = try await written(3, in: folder)
            let last = bytes.dropLast().lastIndex(of: 0x0A)! + 1
            for length in last...bytes.count {
                for other in EventSegment.all(in: folder) where other != segment {
                    try FileManager.default.removeItem(atPath: other.path)
                }
                try Data(bytes[..<length]).write(to: URL(filePath: segment.path))
                let isWhole = length == bytes.count
                let applied = Applied()
                let log = try EventLog(EventLogConfiguration(folder: folder), apply: applied.take)
                #expect(applied.events.map(\.id) == (isWhole ? ["0", "1", "2"] : ["0", "1"]))
                #expect(log.recovery.cutBytes == (isWhole ? 0 : length - last))
                #expect((log.recovery.cutSegment == nil) == (log.recovery.cutBytes == 0))
                #expect(log.recovery.faults.isEmpty)
                #expect(size(segment.path) == (isWhole ? length : last))
                // The event that was lost may come again; the others are known.
                #expect(try await log.append([event(2), event(1)]) == [!isWhole, false])
                await log.close()
                try await EventLog(EventLogConfiguration(folder: folder), apply: { _ in }).close()
            }
        }
    }

    @Test func damageInTheMiddleIsNamedAndPassedOver() async throws {
        try await withTemporaryFolder { folder in
            let (segment, bytes) = try await written(5, in: folder)
            let lines = bytes.split(separator: 0x0A)
            let start = lines[..<2].reduce(0) { $0 + $1.count + 1 }
            // Whichever byte of a line changes, its end too: then two lines become one that is damaged.
            for offset in start..<(start + lines[2].count + 1) {
                var damaged = bytes
                damaged[offset] ^= 0x01
                try Data(damaged).write(to: URL(filePath: segment.path))
                let applied = Applied()
                let log = try EventLog(EventLogConfiguration(folder: folder), apply: applied.take)
                let isEnd = offset == start + lines[2].count
                #expect(
                    applied.events.map(\.id) == (isEnd ? ["0", "1", "4"] : ["0", "1", "3", "4"]), "byte \(offset)")
                #expect(log.recovery.faultCount == 1 && log.recovery.cutBytes == 0)
                let fault = try #require(log.recovery.faults.first)
                #expect(
                    fault.code == .corrupted
                        && fault.message.contains("\(segment.path) is damaged at line 3, byte \(start)"))
                await log.close()
            }
        }
    }

    @Test(.enabled(if: SmallDisk.isAvailable, "only root may mount the small disk that this fills"))
    func aFullDiskIsSaidAndLosesNothing() async throws {
        let disk = try SmallDisk(kilobytes: 256)
        let folder = "\(disk.path)/log"
        let applied = Applied()
        let log = try EventLog(EventLogConfiguration(folder: folder), apply: applied.take)
        var acknowledged: [String] = []
        var refusal: MartletError?
        for number in 0..<10_000 {
            do {
                _ = try await log.append((0..<10).map { event(number * 10 + $0) })
                acknowledged += (0..<10).map { "\(number * 10 + $0)" }
            } catch {
                refusal = error as? MartletError
                break
            }
        }
        #expect(
            refusal?.code == .outOfSpace && refusal?.hint?.contains("free space") == true,
            "\(String(describing: refusal))")
        #expect(acknowledged.count > 100 && applied.events.map(\.id) == acknowledged)
        // Again and again: still refused, nothing grows.
        for _ in 0..<5 {
            await #expect(throws: MartletError.self) { try await log.append((0..<10).map { event(200_000 + $0) }) }
        }
        #expect(EventSegment.all(in: folder).count == 1)
        // Room comes back: what was refused is taken now, though its ids were seen.
        try disk.grow(toKilobytes: 1024)
        #expect(try await log.append((0..<10).map { event(200_000 + $0) }) == Array(repeating: true, count: 10))
        await log.close()
        let read = Applied()
        try await EventLog(EventLogConfiguration(folder: folder), apply: read.take).close()
        #expect(read.events.map(\.id) == acknowledged + (0..<10).map { "\(200_000 + $0)" })
    }

    /// A process that is killed while many tasks append: what it said it had, is there.
    @Test func aKilledProcessLosesNoAcknowledgedEvent() async throws {
        try await withTemporaryFolder { folder in
            for round in 0..<3 {
                await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String, round = round as Int] in
                    let log = try EventLog(EventLogConfiguration(folder: "\(folder)/log")) { _ in }
                    let said = open("\(folder)/said", O_WRONLY | O_CREAT | O_APPEND, 0o644)
                    let count = Counter()
                    await withTaskGroup(of: Void.self) { group in
                        for task in 0..<16 {
                            group.addTask {
                                for number in 0..<100_000 {
                                    let id = (round * 16 + task) * 100_000 + number
                                    guard (try? await log.append([event(id)])) != nil else { return }
                                    let line = Array("\(id)\n".utf8)
                                    _ = write(said, line, line.count)
                                    if count.next() == 1500 { Moment.die() }
                                }
                            }
                        }
                    }
                }
            }
            let said = try String(contentsOfFile: "\(folder)/said", encoding: .utf8).split(separator: "\n").map(
                String.init)
            #expect(said.count >= 4500)
            let applied = Applied()
            let log = try EventLog(EventLogConfiguration(folder: "\(folder)/log"), apply: applied.take)
            let found = Set(applied.events.map(\.id))
            #expect(found.count == applied.events.count, "no event twice")
            #expect(said.filter { !found.contains($0) }.isEmpty, "acknowledged events are lost")
            #expect(log.recovery.faultCount == 0)
            await log.close()
        }
    }
}

/// Counts up, from any task.
private final class Counter: Sendable {
    private let count = Mutex(0)
    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
