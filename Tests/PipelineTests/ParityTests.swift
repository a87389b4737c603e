import Core
import Features
import Foundation
import Models
import Pipeline
import Stores
import Testing

/// Training's path and serving's, side by side.
@Suite struct ParityTests {
    private let shop: SmallShop
    private let configuration: PipelineConfiguration
    private var folder: String { shop.bundles.path(version: 1) }

    init() throws {
        shop = try SmallShop.shared.get()
        configuration = try SmallShop.configuration("{category: kind, deadline-ms: 60000}")
    }

    private func check(_ folder: String? = nil) throws -> ParityCheck {
        let folder = folder ?? self.folder
        return try ParityCheck(
            ServedBundle(folder: folder, configuration: configuration), folder: folder, configuration: configuration)
    }

    private func rows(_ change: (Int) -> Int = { $0 }) -> [(id: String, values: [String: JSONValue])] {
        (0..<60).map { ("u\($0)", ["region": .string("region \(change($0) % 4)")]) }
    }

    @Test func bothPathsAgree() throws {
        var check = try check()
        try check.compareFeatures(.user, rows())
        try check.compareFeatures(.item, (0..<40).map { ("i\($0)", ["kind": .string("kind \($0 % 4)")]) })
        try check.compareScores(users: ["u0", "u7", "quiet", "nobody"], wall: SmallShop.end + 86_400)
        #expect(check.report.agrees, "\(check.report.differences)")
        #expect(check.report.compared[.features] == 100 && check.report.compared[.histories] == 4)
        #expect(check.report.compared[.scores]! > 100 && check.report.compared[.vectors]! > 50)
    }

    /// One user's region changes, one has none that training knew, one a number where training had text.
    @Test func aFeatureThatDiffersIsNamed() throws {
        var check = try check()
        var planted = rows { $0 == 9 ? $0 + 1 : $0 }
        planted[3].values["region"] = .null
        planted[4].values["region"] = .integer(7)
        try check.compareFeatures(.user, planted)
        #expect(check.report.different == [.features: 3] && !check.report.agrees)
        #expect(check.report.differences.map(\.subject) == ["user u3", "user u4", "user u9"])
        #expect(check.report.differences.map(\.name) == ["region", "all", "region"])
    }

    /// A bundle whose ranking model is not the one that made the answers.
    @Test func scoresThatDifferAreNamed() async throws {
        let pipeline = try shop.pipeline()
        let wall = SmallShop.end + 86_400
        var logged: [LoggedAnswer] = []
        for user in ["u1", "u2", "newcomer"] {
            let answer = await pipeline.answer(PipelineRequest(user: user, k: 5), at: wall)
            logged.append(
                LoggedAnswer(
                    request: "r", user: user, time: wall * 1_000_000, version: 1,
                    items: answer.items.map { .init(item: answer.bundle.id($0.index), score: $0.score) }))
        }
        var honest = try check()
        try honest.compare(logged: logged, events: [], most: 10)
        #expect(honest.report.agrees && honest.report.compared[.logged] == 15, "\(honest.report.differences)")

        logged[1].items[2].score += 0.01
        logged[2].skipped = ["rank"]
        var planted = try check()
        try planted.compare(logged: logged, events: [], most: 10)
        #expect(planted.report.compared[.logged] == 10 && planted.report.different == [.logged: 1])
        #expect(planted.report.differences[0].name == "dlrm")
        #expect(planted.report.differences[0].subject == "user u2, item \(logged[1].items[2].item)")
        #expect(planted.report.notes.contains { $0.hasPrefix("1 of 3 logged answers are not compared") })
    }

    /// What a user did after the bundle was made is part of both paths.
    @Test func loggedAnswersKnowTheEventsBeforeThem() async throws {
        let activity = ToldActivity()
        let pipeline = try shop.pipeline(activity: activity)
        let wall = SmallShop.end + 86_400
        activity.tell(.purchase, of: "i2", by: "newcomer", at: wall - 60)
        let answer = await pipeline.answer(PipelineRequest(user: "newcomer", k: 5), at: wall)
        let logged = LoggedAnswer(
            request: "r", user: "newcomer", time: wall * 1_000_000, version: 1,
            items: answer.items.map { .init(item: answer.bundle.id($0.index), score: $0.score) })
        let event = Event(id: "e", kind: .purchase, user: "newcomer", item: "i2", time: (wall - 60) * 1_000_000)
        var check = try check()
        try check.compare(
            logged: [logged], events: [EventRecord(event: event, received: (wall - 59) * 1_000_000)], most: 1)
        #expect(check.report.agrees && check.report.compared[.logged] == 5, "\(check.report.differences)")
    }
}
