import Core
import Tensor

/// Looks for leakage and self-deception: what would make a report better than the model.
///
/// Kaufman, Rosset and Perlich, "Leakage in Data Mining" (2012); Krichene and Rendle, "On Sampled Metrics for Item
/// Recommendation" (2020).
public struct ProtocolLinter: Sendable {
    private let subject: BehaviourSubject
    let facts: ProtocolFacts

    /// Takes the lists that were judged and what is known of how.
    public init(_ subject: BehaviourSubject, facts: ProtocolFacts) {
        self.subject = subject
        self.facts = facts
    }

    /// All findings, those that block first.
    ///
    /// - Parameter severities: what findings of a rule lead to, where that is not the standard.
    public func findings(_ severities: [String: BehaviourTest.Severity] = [:]) -> [ProtocolFinding] {
        let single: [ProtocolFinding?] = [
            readsTheTest, impossibleHits, suspiciousScore, betterThanChosenBy, fittedPastTheSplit, chosenOnTheTest,
            testLookedAtOften, sampledAgainstFull, duplicatesAcrossTheSplit, unreachableTruth, brokenLists, fewUsers,
        ]
        var set: [ProtocolFinding] = []
        for var finding in single.compactMap({ $0 }) + futureColumns + targetAmongFeatures {
            finding.severity = severities[finding.rule.rawValue] ?? finding.severity
            if finding.severity != .off { set.append(finding) }
        }
        return set.filter { $0.severity == .stop } + set.filter { $0.severity != .stop }
    }

    // MARK: - What the lists say

    private var readsTheTest: ProtocolFinding? {
        guard let hidden = facts.hidden, !hidden.changed.isEmpty else { return nil }
        return ProtocolFinding(
            .readsTheTest, place: subject.model,
            "\(hidden.changed.count) of \(hidden.looked) lists change when the rows of the \(facts.window) window are "
                + "hidden: the model reads what it is judged by",
            hint: "recommend from training rows alone; the history of a request is all a model may know of a user",
            examples: subject.ids(hidden.changed))
    }

    /// An item without a past can be liked for its features, now and then; a list that puts it before those who will
    /// choose it, and hardly before others, knows who they are.
    private var impossibleHits: ProtocolFinding? {
        let cold = { (item: Int) in item >= subject.popularity.count || subject.popularity[item] == 0 }
        let (found, relevant) = subject.tally.foundShare(where: cold)
        let places = subject.tally.places.indices.reduce(0) { cold($1) ? $0 + Int(subject.tally.places[$1]) : $0 }
        guard found >= 10, Double(found) > 0.3 * Double(places), Double(found) > 0.5 * Double(relevant) else {
            return nil
        }
        let users = (0..<subject.lists.count).filter { list in
            let truth = Set(subject.truth[list])
            return subject.lists[list].prefix(subject.k).contains { truth.contains($0) && cold(Int($0)) }
        }
        return ProtocolFinding(
            .impossibleHits, place: subject.model,
            "\(found) of the \(relevant) choices of items that nobody had before the \(facts.window) window are in the "
                + "lists, with \(places) such places in all: nobody can know that",
            hint: "look for columns or rows that come from the \(facts.window) window", examples: subject.ids(users))
    }

    /// Choices that are new to a user are what is hard: a habit can be foreseen, two thirds of the new cannot.
    private var suspiciousScore: ProtocolFinding? {
        guard let histories = subject.histories else { return nil }
        let ours = newHits(subject.lists, histories)
        guard ours.chances >= 50 else { return nil }
        let theirs = newHits(subject.bestsellers, histories)
        let share = Double(ours.hits) / Double(ours.chances)
        guard share > 0.6, Double(ours.hits) > 3 * Double(max(theirs.hits, 1)) else { return nil }
        return ProtocolFinding(
            .suspiciousScore, place: subject.model,
            "the lists hold \(fixed(share * 100, digits: 0)) % of what users chose for the first time in the "
                + "\(facts.window) window, the bestsellers "
                + "\(fixed(Double(theirs.hits) / Double(ours.chances) * 100, digits: 0)) %: too good to be true",
            hint: "look for the \(facts.window) window among what the model learns from: rows, features, tables that "
                + "SQL builds from all interactions", examples: subject.ids(ours.users))
    }

    /// Relevant items that the user did not have, those among them that k places could hold, and how many were found.
    private func newHits(_ lists: RankedLists, _ histories: SparseRows) -> (hits: Int, chances: Int, users: [Int]) {
        var (hits, chances, users) = (0, 0, [Int]())
        var marks = ItemMarks(count: max(histories.columns, subject.truth.columns))
        for list in 0..<lists.count {
            marks.begin()
            for entry in histories.range(list) { marks.set(histories.indices[entry]) }
            let entries = subject.truth.range(list)
            let new = entries.count { !marks.has(subject.truth.indices[$0]) }
            guard new > 0 else { continue }
            let known = marks.stamp
            marks.begin()
            for entry in entries where !marks.had(subject.truth.indices[entry], known) {
                marks.set(subject.truth.indices[entry])
            }
            let places = list * lists.k..<list * lists.k + min(subject.k, lists.k)
            let found = places.count { lists.items[$0] >= 0 && marks.has(lists.items[$0]) }
            hits += found
            chances += min(new, subject.k)
            if found > 0 { users.append(list) }
        }
        return (hits, chances, users)
    }

    private var betterThanChosenBy: ProtocolFinding? {
        guard let (metric, there, here) = facts.chosenBy, there > 0, here.low > 2 * there else { return nil }
        return ProtocolFinding(
            .betterThanChosenBy, place: subject.model,
            "\(metric) is \(fixed(here.value)) on the \(facts.window) window and \(fixed(there)) on the one that the model "
                + "was chosen by", hint: "compare the two windows: one of them is not like the other")
    }

    private var brokenLists: ProtocolFinding? {
        var (twice, left, nan) = ([Int](), [Int](), [Int]())
        let lists = subject.lists
        var marks = ItemMarks(count: max(subject.itemCount, Int(lists.items.max() ?? 0) + 1, subject.truth.columns))
        for list in 0..<lists.count {
            let length = lists[list].count
            let places = list * lists.k..<list * lists.k + length
            if subject.excludesSeen, let histories = subject.histories {
                marks.begin()
                for entry in histories.range(list) { marks.set(histories.indices[entry]) }
                if places.contains(where: { marks.has(lists.items[$0]) }) { left.append(list) }
            }
            marks.begin()
            var repeats = false
            for place in places {
                repeats = repeats || marks.has(lists.items[place])
                marks.set(lists.items[place])
            }
            if repeats { twice.append(list) }
            if places.contains(where: { lists.scores[$0].isNaN }) { nan.append(list) }
        }
        let faults = [
            (twice, "hold an item twice"), (left, "hold items that were to be left out"),
            (nan, "have scores that are NaN"),
        ].filter { !$0.0.isEmpty }
        guard !faults.isEmpty else { return nil }
        return ProtocolFinding(
            .brokenLists, place: subject.model,
            faults.map { "\($0.0.count) lists \($0.1)" }.joined(separator: ", "),
            hint: "the model breaks the contract of lists: each item once, none that the request excludes",
            examples: subject.ids(faults[0].0))
    }

    private var unreachableTruth: ProtocolFinding? {
        guard subject.excludesSeen, let histories = subject.histories else { return nil }
        var (pairs, unreachable) = (0, 0)
        var marks = ItemMarks(count: max(histories.columns, subject.truth.columns))
        for list in 0..<subject.lists.count {
            marks.begin()
            for entry in histories.range(list) { marks.set(histories.indices[entry]) }
            for entry in subject.truth.range(list) {
                pairs += 1
                unreachable += marks.has(subject.truth.indices[entry]) ? 1 : 0
            }
        }
        guard pairs > 0, Double(unreachable) > 0.02 * Double(pairs) else { return nil }
        return ProtocolFinding(
            .unreachableTruth, place: "evaluation.exclude-seen",
            "\(fixed(Double(unreachable) / Double(pairs) * 100, digits: 0)) % of what users chose in the \(facts.window) "
                + "window they had before, and lists that leave out what a user has cannot hold it",
            hint: "set 'exclude-seen: false', or judge by first purchases alone")
    }

    private var fewUsers: ProtocolFinding? {
        let users = (0..<subject.truth.rows).count { !subject.truth[$0].isEmpty }
        guard users < 50 else { return nil }
        return ProtocolFinding(
            .fewUsers, place: facts.window,
            "\(users) users are judged: differences between models are mostly chance",
            hint: "make the window longer under 'split'")
    }
}
