import Core
import Evaluation
import Foundation
import Tensor
import Testing

/// Behaviour tests on lists whose faults are known.
struct BehaviourTests {
    static let (users, items, k) = (240, 100, 5)

    /// User `u` likes items ≡ u mod 4; has five of them, and chose three more, by item number.
    static func liked(_ user: Int) -> [Int32] { (0..<25).map { Int32(4 * $0 + user % 4) } }
    static func history(_ user: Int) -> [Int32] { (0..<5).map { liked(user)[(user / 4 + $0) % 25] } }
    static func chosen(_ user: Int) -> [Int32] { (5..<8).map { liked(user)[(user / 4 + $0) % 25] }.sorted() }

    static func rows(_ row: (Int) -> [Int32]) -> SparseRows {
        var (offsets, indices) = ([0], [Int32]())
        for user in 0..<users {
            indices += row(user)
            offsets.append(indices.count)
        }
        return SparseRows(columns: items, offsets: offsets, indices: indices)
    }

    static func lists(_ list: (Int) -> [Int32]) -> RankedLists {
        RankedLists(
            count: users, k: k, items: (0..<users).flatMap { Array(list($0).prefix(k)) },
            scores: (0..<users * k).map { -Float($0 % k) })
    }

    /// A fair model: next of what the user likes, one of the three choices and four that are not.
    static func fair(_ user: Int) -> [Int32] {
        let liked = liked(user)
        return [7, 10, 11, 12, 13].map { liked[(user / 4 + $0) % 25] }
    }

    static func subject(_ lists: RankedLists) -> BehaviourSubject {
        let histories = rows(history)
        var popularity = [Int32](repeating: 0, count: items)
        for item in histories.indices { popularity[Int(item)] += 1 }
        var subject = BehaviourSubject(
            model: "model", lists: lists, truth: rows(chosen), metric: RankingMetric(.recall, at: k),
            popularity: popularity, trainingUsers: users, histories: histories, excludesSeen: true)
        subject.userSlices = [
            Slicing("parity", labels: ["even", "odd", "nobody"], codes: (0..<users).map { Int32($0 % 2) })
        ]
        subject.userID = { "user-\($0)" }
        return subject
    }

    static func report(
        _ subject: BehaviourSubject, _ tests: String = "{}", facts: ProtocolFacts = ProtocolFacts()
    ) throws -> BehaviourReport {
        try BehaviourReport(
            title: "shop", subject: subject, facts: facts, configuration: configuration(tests), seed: 5)
    }

    static func configuration(_ yaml: String) throws -> BehaviourConfiguration {
        let diagnostics = Diagnostics()
        var fields = ConfigurationFields(
            try ConfigurationNode(yaml: yaml, file: "martlet.yml"), path: "tests", diagnostics: diagnostics)
        let configuration = BehaviourConfiguration(&fields)
        try diagnostics.throwIfAny()
        return configuration
    }

    @Test func aFairModelMayBePublished() throws {
        let report = try Self.report(Self.subject(Self.lists(Self.fair)))
        #expect(report.passes, "\(report.reasons)")
        #expect(report.findings.isEmpty, "\(report.findings)")
        #expect(report.emptySlices == ["parity nobody"])
        let again = try BehaviourReport(json: JSONValue(parsing: report.json.pretty))
        #expect(again == report)
    }

    @Test func randomListsStop() throws {
        var random = RandomSource(seed: 3)
        let report = try Self.report(
            Self.subject(
                Self.lists { user in
                    var all = (0..<Int32(Self.items)).filter { !Self.history(user).contains($0) }
                    random.shuffle(&all)
                    return all
                }))
        let failures = report.failures
        #expect(failures.map(\.test).contains("better-than-random"))
        #expect(failures[0].examples.count == 10 && failures[0].examples[0].hasPrefix("user-"))
        #expect(report.blockers.isEmpty)
    }

    @Test func oneListForAllStopsUnlessItIsDeclared() throws {
        var subject = Self.subject(Self.lists { _ in [] + (0..<5) })
        subject = Self.subject(
            Bestsellers.lists(
                popularity: subject.popularity, count: Self.users, k: Self.k, seen: subject.histories))
        let names = try Self.report(subject).failures.map(\.test)
        #expect(names.contains("common-list"))
        subject.isOneListForAll = true
        let declared = try Self.report(subject)
        #expect(!declared.failures.map(\.test).contains("common-list"))
        #expect(declared.tests.first { $0.test == "common-list" }?.state == .warned)
        // What the project itself asks for holds for everybody.
        #expect(try Self.report(subject, "{common-list: 0.9}").failures.map(\.test).contains("common-list"))
    }

    @Test func theWorstSliceIsNamedWithTenOfItsUsers() throws {
        let lists = Self.lists { user in user % 2 == 0 ? Self.fair(user) : Self.liked(user + 1) }
        let report = try Self.report(Self.subject(lists), "{worst-slice: 0.5, better-than-random: off}")
        let failure = try #require(report.failures.first { $0.test == "worst-slice" })
        #expect(failure.slice == "parity odd")
        #expect(failure.value == 0)
        #expect(failure.examples.count == 10)
        #expect(failure.examples.allSatisfy { Int($0.dropFirst(5))! % 2 == 1 })
        let error = #expect(throws: MartletError.self) { try report.throwIfFailed() }
        #expect(error?.message.contains("worst-slice") == true && error?.message.contains("'parity odd'") == true)
        #expect(error?.message.contains(failure.examples[9]) == true)
    }

    @Test func aChampionIsNotToBeLostTo() throws {
        var subject = Self.subject(
            Self.lists { user in Array(Self.fair(user).dropFirst()) + [Self.liked(user + 1)[0]] })
        subject.champion = ("old <one>", Self.lists(Self.fair))
        let report = try Self.report(
            subject, "{champion: {model: m, min: 1}, better-than-random: off, beats-popularity: off}")
        let failure = try #require(report.failures.first { $0.test == "champion" })
        #expect(failure.value == 0)
        let stability = try #require(report.tests.first { $0.test == "stability" })
        #expect(abs(try #require(stability.value) - 0.2) < 1e-6)
    }

    /// What somebody asked for does not pass for want of data; what nobody asked for is left out.
    @Test func whatCannotBeMeasuredIsSaid() throws {
        let subject = Self.subject(Self.lists(Self.fair))
        let report = try Self.report(subject, "{price-homogeneity: 0.5, slices: {minimum: 1000}}")
        let prices = try #require(report.tests.first { $0.test == "price-homogeneity" })
        #expect(prices.state == .failed && prices.value == nil && prices.message.contains("tests.price"))
        #expect(report.tests.first { $0.test == "worst-slice" }?.state == .skipped)
        #expect(report.tests.first { $0.test == "cold-users" }?.state == .skipped)
    }

    @Test func anEmptyTestIsAnError() {
        let error = #expect(throws: MartletError.self) {
            let subject = BehaviourSubject(
                model: "m", lists: Self.lists(Self.fair), truth: .empty(rows: Self.users, columns: Self.items),
                metric: RankingMetric(.recall, at: Self.k), popularity: [Int32](repeating: 1, count: Self.items),
                trainingUsers: 1, histories: nil, excludesSeen: false)
            _ = try Self.report(subject)
        }
        #expect(error?.message.contains("no user has a relevant item") == true)
    }

    @Test(arguments: [
        ("{personalisation: 0.1}", "did you mean 'personalization'?"), ("{gini: {min: 0.5}}", "unknown key"),
        ("{coverage: .nan}", "must be a number"), ("{coverage: {severity: shout}}", "must be one of stop, warn"),
        ("{slices: {user: [a]}}", "did you mean 'users'?"), ("{stability: 0.5}", "needs a champion"),
        ("{protocol: {suspicious-scores: warn}}", "did you mean 'suspicious-score'?"),
        ("{champion: {min: 1}}", "model"),
        ("{coverage: [1]}", "must be a number, 'off', or a mapping"),
    ])
    func faultsOfTheConfigurationAreExplained(yaml: String, words: String) {
        #expect {
            try Self.configuration(yaml)
        } throws: { "\($0)".contains(words) && "\($0)".contains("martlet.yml:") }
    }

    @Test func rulesAreRead() throws {
        let read = try Self.configuration(
            "{personalization: 0.2, coverage: {min: 0.5, severity: warn}, gini: off, recall@12: 0.1, champion: ease}")
        #expect(read.rules[.personalization] == .init(0.2, .stop))
        #expect(read.rules[.coverage] == .init(0.5, .warn))
        #expect(read.rules[.gini]?.severity == .off)
        #expect(read.metrics["recall@12"] == .init(0.1, .stop))
        #expect(read.champion == "ease" && read.rules[.champion]?.threshold == 1)
    }

    @Test func namesAreEscapedEverywhere() throws {
        let hostile = "<script>alert('&\"')</script>\u{1}"
        var subject = Self.subject(Self.lists { _ in [0, 1, 2, 3, 4] })
        subject.userSlices = [Slicing(hostile, labels: [hostile, "b"], codes: (0..<Self.users).map { Int32($0 % 2) })]
        subject.userID = { _ in hostile }
        var facts = ProtocolFacts()
        facts.targetFeatures = [hostile]
        let report = try Self.report(subject, "{worst-slice: 5}", facts: facts)
        #expect(!report.passes)
        for text in [report.html(), report.junit] {
            #expect(!text.contains("<script") && text.contains("&lt;script&gt;alert(&#39;&amp;&quot;&#39;)"))
        }
        let parser = XMLCheck(report.junit)
        #expect(parser.isWellFormed)
        #expect(parser.failures >= 2 && parser.cases == report.tests.count + report.findings.count)
    }
}
