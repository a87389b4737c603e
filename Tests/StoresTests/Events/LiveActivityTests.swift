import Foundation
import Stores
import Testing

@Suite struct LiveActivityTests {
    @Test func contactsAreNewestFirstAndBounded() {
        var configuration = LiveActivity.Configuration()
        configuration.contacts = 10
        let activity = LiveActivity(configuration)
        #expect(activity.activity(of: "u") == UserActivity() && activity.lastTime(of: "u") == nil)
        // In a shuffled order: what counts is when it happened.
        var random = SystemRandomNumberGenerator()
        let numbers = (0..<50).shuffled(using: &random)
        for number in numbers { activity.record(event(number, user: "u")) }
        let known = activity.activity(of: "u")
        let expected = (0..<50).filter { $0 % 5 != 3 }.reversed().map { event($0, user: "u") }
        #expect(known.recent.count == 10)
        // The youngest ones can never have been pushed out by older ones.
        #expect(known.recent.map(\.time) == known.recent.map(\.time).sorted(by: >))
        #expect(known.recent.first == .init(item: expected[0].item, kind: expected[0].kind, time: expected[0].time))
        #expect(known.recent.map(\.time) == expected.prefix(10).map(\.time))
        #expect(known.counts == Dictionary(uniqueKeysWithValues: Event.Kind.allCases.map { ($0, 10) }))
        #expect(activity.lastTime(of: "u") == event(49).time)
    }

    @Test func seenItemsAreBoundedAndCountImpressions() {
        var configuration = LiveActivity.Configuration()
        configuration.seen = 20
        let activity = LiveActivity(configuration)
        for number in 0..<30 {
            activity.record(
                Event(id: "\(number)", kind: .impression, user: "u", item: "i\(number)", time: Int64(number)))
        }
        let seen = activity.seen(by: "u")
        #expect(seen.count == 20 && activity.activity(of: "u").recent.isEmpty)
        #expect((0..<30).filter { seen.contains("i\($0)") } == Array(10..<30))
        #expect(!activity.seen(by: "nobody").contains("i1"))
    }

    @Test func memoryIsBoundedAndTheLeastActiveAreForgotten() {
        var configuration = LiveActivity.Configuration()
        configuration.bytes = 4 << 20
        let activity = LiveActivity(configuration)
        for number in 0..<100_000 {
            activity.record(event(number, user: "user \(number)"))
            if number % 100 == 0 { activity.record(event(number, user: "regular")) }
        }
        let status = activity.status
        #expect(status.bytes <= 4 << 20 && status.bytes > 3 << 20)
        #expect(status.users + status.forgotten == 100_001 && status.users < 20_000)
        #expect(activity.activity(of: "regular").counts.values.reduce(0, +) == 1000)
        #expect(activity.activity(of: "user 0") == UserActivity())
        #expect(activity.activity(of: "user 99999").counts.values.reduce(0, +) == 1)
    }

    @Test func readersAndWritersDoNotDisturbEachOther() async {
        let activity = LiveActivity()
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<5000 {
                        activity.record(event(number, user: "u\(number % 3)"))
                        if task % 2 == 0 { _ = activity.activity(of: "u\(number % 3)") }
                    }
                }
            }
        }
        let counts = (0..<3).map { activity.activity(of: "u\($0)").counts.values.reduce(0, +) }
        #expect(counts.reduce(0, +) == 40_000 && activity.status.users == 3)
    }
}
