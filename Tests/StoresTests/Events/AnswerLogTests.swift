import Core
import Foundation
import Stores
import Testing

/// The log of answers: what is written is read again, and nothing waits or fails by it.
@Suite struct AnswerLogTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/martlet-answers-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private func answer(_ number: Int) -> LoggedAnswer {
        var answer = LoggedAnswer(
            request: "r\(number)", user: "u \"\(number % 7)\"\n", time: 1_795_522_530_000_000 + Int64(number),
            version: 3,
            items: (0..<3).map {
                .init(
                    item: "i\($0)é", score: $0 == 2 ? .nan : Float($0) / 3 - 1e-7,
                    propensity: $0 == 1 ? 0.1 / Double(number + 1) : nil, team: number % 2 == 0 ? "a" : nil)
            })
        guard number % 3 > 0 else { return answer }
        answer.variants = ["x": "y", "z": "a+b"]
        answer.shadows = [
            .init(
                experiment: "s", items: ["i1", "i9"], propensities: number % 3 == 1 ? [1e-300, 0, 1] : nil,
                seconds: 0.003)
        ]
        answer.isSpecial = true
        answer.skipped = ["rank"]
        answer.context = ["i5"]
        return answer
    }

    private func read(_ folder: String) throws -> [LoggedAnswer] {
        var found: [LoggedAnswer] = []
        for segment in EventSegment.all(in: folder) {
            let reading = try segment.readAnswers { found.append($0) }
            #expect(reading.faultCount == 0 && reading.torn == 0)
        }
        return found
    }

    /// What is no number equals nothing.
    private func comparable(_ answers: [LoggedAnswer]) -> [LoggedAnswer] {
        answers.map { answer in
            var answer = answer
            for place in answer.items.indices where answer.items[place].score.isNaN { answer.items[place].score = -99 }
            return answer
        }
    }

    @Test func whatIsWrittenIsRead() async throws {
        try await withFolder { folder in
            let answers = (0..<50).map(answer)
            for half in [answers[..<25], answers[25...]] {
                let log = try AnswerLog(EventLogConfiguration(folder: folder))
                for answer in half { log.append(answer) }
                await log.close()
                #expect(log.status.logged == 25 && log.status.dropped == 0 && log.status.error == nil)
            }
            #expect(comparable(try read(folder)) == comparable(answers))
            // Each line is JSON by itself.
            let text = try EventSegment.all(in: folder).map { try String(contentsOfFile: $0.path, encoding: .utf8) }
                .joined()
            for line in text.split(separator: "\n") { _ = try JSONValue(parsing: String(line)) }
        }
    }

    @Test func aDamagedLineIsPassedOver() async throws {
        try await withFolder { folder in
            let log = try AnswerLog(EventLogConfiguration(folder: folder))
            for number in 0..<3 { log.append(answer(number)) }
            await log.close()
            let segment = try #require(EventSegment.all(in: folder).first)
            var bytes = try Data(contentsOf: URL(filePath: segment.path))
            bytes[bytes.startIndex + 8] ^= 1
            try bytes.write(to: URL(filePath: segment.path))
            var found: [String] = []
            let reading = try segment.readAnswers { found.append($0.request) }
            #expect(found == ["r1", "r2"] && reading.faultCount == 1)
        }
    }

    /// Too many answers at once, a folder that is gone, a log that is closed: they are counted, and nobody is kept.
    @Test func whatCannotBeWrittenIsCounted() async throws {
        try await withFolder { folder in
            let log = try AnswerLog(EventLogConfiguration(folder: folder), most: 10, pause: 60_000)
            for number in 0..<25 { log.append(answer(number)) }
            #expect(log.status.dropped == 15)
            await log.flush()
            #expect(log.status.logged == 10)
            #expect(throws: MartletError.self) { try AnswerLog(EventLogConfiguration(folder: folder)) }
            await log.close()
            log.append(answer(1))
            #expect(log.status.dropped == 16)

            let other = try AnswerLog(EventLogConfiguration(folder: folder), pause: 60_000)
            try FileManager.default.removeItem(atPath: folder)
            other.append(answer(1))
            await other.flush()
            #expect(other.status.dropped == 1 && other.status.error != nil)
        }
    }
}
