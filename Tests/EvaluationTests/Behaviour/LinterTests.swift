import Core
import Evaluation
import Tensor
import Testing

/// Each rule of the protocol, broken on purpose; and none broken by a fair evaluation.
struct LinterTests {
    private typealias World = BehaviourTests

    private static func findings(
        _ lists: RankedLists? = nil, _ facts: (inout ProtocolFacts) -> Void = { _ in }
    ) -> [ProtocolFinding] {
        var known = ProtocolFacts()
        facts(&known)
        return ProtocolLinter(World.subject(lists ?? World.lists(World.fair)), facts: known).findings()
    }

    @Test func listsThatHoldTheTruthAreTooGood() throws {
        let lists = World.lists { World.chosen($0) + World.fair($0).dropFirst(3) }
        let found = try #require(Self.findings(lists).first { $0.rule == .suspiciousScore })
        #expect(found.severity == .stop && found.examples.count == 10)
        #expect(found.message.contains("100 %"))
    }

    /// Items that nobody had before, put before exactly those who will choose them.
    @Test func hitsOnItemsWithoutAPastCannotBe() throws {
        var popularity = World.subject(World.lists(World.fair)).popularity
        for item in 0..<20 { popularity[item] = 0 }
        func cold(_ lists: RankedLists) -> [ProtocolRule] {
            let subject = BehaviourSubject(
                model: "m", lists: lists, truth: World.rows(World.chosen), metric: RankingMetric(.recall, at: World.k),
                popularity: popularity, trainingUsers: World.users, histories: nil, excludesSeen: false)
            return ProtocolLinter(subject, facts: ProtocolFacts()).findings().map(\.rule)
        }
        #expect(cold(World.lists { World.chosen($0) + World.fair($0).dropFirst(3) }).contains(.impossibleHits))
        #expect(!cold(World.lists(World.fair)).contains(.impossibleHits))
    }

    @Test func brokenListsAreNamed() throws {
        var twice = World.lists(World.fair)
        twice.items[1] = twice.items[0]
        #expect(Self.findings(twice).first?.message == "1 lists hold an item twice")
        let seen = World.lists { World.history($0) }
        #expect(Self.findings(seen).first { $0.rule == .brokenLists }?.message.contains("left out") == true)
        var nan = World.lists(World.fair)
        nan.scores[3] = .nan
        #expect(Self.findings(nan).first?.message.contains("NaN") == true)
    }

    private static let broken: [(ProtocolRule, @Sendable (inout ProtocolFacts) -> Void)] = [
        (.readsTheTest, { $0.hidden = ([3, 4], 200) }),
        (.fittedPastTheSplit, { ($0.windowStart, $0.lastFittedRow) = (100, 100) }),
        (.chosenOnTheTest, { $0.chosenOn = "test" }),
        (.testLookedAtOften, { $0.looks = 21 }),
        (.sampledAgainstFull, { $0.candidates = ["a": 0, "b": 100] }),
        (.duplicatesAcrossTheSplit, { $0.repeatedRows = (100, 6) }),
        (.betterThanChosenBy, { $0.chosenBy = ("recall@12", 0.1, Interval(value: 0.3, low: 0.25, high: 0.35)) }),
        (
            .futureColumn,
            {
                $0.columns = [.init(name: "items.mean_price", isFigure: true, knownOfCold: 0.9, cold: 40)]
            }
        ),
        (.targetAmongFeatures, { $0.targetFeatures = ["rating"] }),
    ]

    @Test(arguments: broken.indices) func eachRuleIsFound(number: Int) {
        let (rule, facts) = Self.broken[number]
        let found = Self.findings(nil, facts)
        #expect(found.map(\.rule) == [rule])
        #expect(found.allSatisfy { !$0.hint.isEmpty && !$0.message.isEmpty && !$0.place.isEmpty })
    }

    @Test func whatHoldsIsNoFinding() {
        let found = Self.findings(nil) { facts in
            (facts.windowStart, facts.lastFittedRow) = (100, 99)
            facts.chosenOn = "validation"
            facts.looks = 3
            facts.candidates = ["a": 0, "b": 0]
            facts.repeatedRows = (100, 3)
            facts.chosenBy = ("recall@12", 0.1, Interval(value: 0.12, low: 0.1, high: 0.14))
            facts.columns = [.init(name: "items.mean_price", isFigure: true, knownOfCold: 0, cold: 40)]
            facts.hidden = ([], 200)
        }
        #expect(found.isEmpty, "\(found)")
    }

    @Test(arguments: [
        ("mean_price", true), ("avg-rating", true), ("times_sold", true), ("colour", false), ("meaning", false),
    ])
    func figuresAreKnownByTheirNames(name: String, isFigure: Bool) {
        #expect(ProtocolFacts.EntityColumn.saysFigure(name) == isFigure)
    }
}
