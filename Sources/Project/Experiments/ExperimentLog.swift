import Core
import Stores

/// The answers that users were given and what they then did, from the logs of a server.
///
/// A click or a purchase is credited to one shown item: that of the request which the event names, or else the last time
/// that the item was shown to the user, not longer ago than the window.
public struct ExperimentLog: Sendable {
    /// The answers in the order of their times.
    private(set) var answers: [ShownAnswer] = []
    /// Items and users by number.
    private(set) var users = TextNumbers()
    private(set) var items = TextNumbers()
    /// When each user bought anything, in microseconds since 1970, ascending.
    private(set) var orders: [Int32: [Int64]] = [:]
    /// What was found damaged.
    public private(set) var faults: [MartletError] = []

    /// How many answers there are.
    public var count: Int { answers.count }

    private struct Deed {
        var user: Int32
        var item: Int32
        var isPurchase: Bool
        var time: Int64
        var request: String?
    }

    /// Reads the logs.
    ///
    /// - Parameters:
    ///   - impressions: the folder of the log of answers.
    ///   - events: the folder of the event log; nil: nobody did anything.
    ///   - experiments: only answers that have to do with these count.
    ///   - window: how long after an item was shown a deed counts for it, in seconds.
    ///   - from: answers before this moment are left out, in microseconds since 1970.
    ///   - to: and answers from this one on.
    /// - Throws: `notFound` if there is no log of answers, `system` if one cannot be read.
    /// - Complexity: O(bytes of both logs)
    public init(
        impressions: String, events: String?, experiments: Set<String>, window: Double, from: Int64 = .min,
        to: Int64 = .max
    ) throws {
        let segments = EventSegment.all(in: impressions)
        guard !segments.isEmpty else {
            throw MartletError(
                .notFound, "no answers are logged in \(impressions)",
                hint: "a server with experiments logs there; 'serve: {impressions: {folder: …}}' names another folder")
        }
        var reader = Reader(experiments: experiments, range: from..<to)
        for segment in segments {
            let reading = try segment.readAnswers { take($0, &reader) }
            faults += reading.faults
        }
        sort(&reader)
        if let events {
            for segment in EventSegment.all(in: events) {
                let reading = try segment.read { take($0.event, &reader) }
                faults += reading.faults
            }
        }
        credit(&reader, window: window)
    }

    /// Takes answers and events that are in memory.
    package init(answers: [LoggedAnswer], events: [Event], experiments: Set<String>, window: Double) {
        var reader = Reader(experiments: experiments, range: .min ..< .max)
        for answer in answers { take(answer, &reader) }
        sort(&reader)
        for event in events { take(event, &reader) }
        credit(&reader, window: window)
    }

    /// What is known while the logs are read.
    private struct Reader {
        let experiments: Set<String>
        let range: Range<Int64>
        var found: [(answer: ShownAnswer, request: String)] = []
        var requests: [String: Int32] = [:]
        var deeds: [Deed] = []
    }

    private mutating func take(_ answer: LoggedAnswer, _ reader: inout Reader) {
        let isWanted =
            answer.variants.keys.contains { reader.experiments.contains($0) }
            || answer.shadows.contains { reader.experiments.contains($0.experiment) }
        guard isWanted, reader.range.contains(answer.time) else { return }
        reader.found.append((shown(answer), answer.request))
    }

    private mutating func sort(_ reader: inout Reader) {
        reader.found.sort { $0.answer.time < $1.answer.time }
        answers = reader.found.map(\.answer)
        for (place, entry) in reader.found.enumerated() { reader.requests[entry.request] = Int32(place) }
        reader.found = []
    }

    private mutating func take(_ event: Event, _ reader: inout Reader) {
        guard event.kind == .click || event.kind == .purchase, let user = users.known(event.user) else { return }
        reader.deeds.append(
            Deed(
                user: user, item: items.known(event.item) ?? -1, isPurchase: event.kind == .purchase, time: event.time,
                request: event.request))
    }

    private mutating func shown(_ answer: LoggedAnswer) -> ShownAnswer {
        let numbers = answer.items.map { items.number($0.item) }
        let isDrawn = !answer.isSpecial && answer.items.contains { $0.propensity != nil }
        var teams: [UInt8] = []
        if let pair = answer.variants.values.first(where: { $0.contains("+") })?.split(separator: "+"), pair.count == 2
        {
            teams = answer.items.map { item in item.team.map { $0 == pair[1] ? 1 : 0 } ?? 2 }
        }
        return ShownAnswer(
            user: users.number(answer.user), time: answer.time, items: numbers,
            propensities: answer.items.map { $0.propensity ?? 1 }, isDrawn: isDrawn, teams: teams,
            variants: answer.variants,
            shadows: answer.shadows.map { shadow in
                ShownAnswer.Shadow(
                    experiment: shadow.experiment, items: shadow.items.map { items.number($0) },
                    propensities: shadow.propensities.flatMap { $0.count == numbers.count ? $0 : nil },
                    seconds: shadow.seconds)
            }, clicks: numbers.map { _ in 0 }, purchases: numbers.map { _ in 0 })
    }

    /// Gives each deed to one shown item, if there is one.
    private mutating func credit(_ reader: inout Reader, window: Double) {
        reader.deeds.sort { $0.time < $1.time }
        let (deeds, requests, window) = (reader.deeds, reader.requests, Int64(min(window, 1e10) * 1e6))
        var byUser: [Int32: [Int32]] = [:]
        for (place, answer) in answers.enumerated() { byUser[answer.user, default: []].append(Int32(place)) }
        for deed in deeds {
            if deed.isPurchase { orders[deed.user, default: []].append(deed.time) }
            guard deed.item >= 0 else { continue }
            if let request = deed.request, let answer = requests[request], answers[Int(answer)].user == deed.user,
                let place = answers[Int(answer)].items.firstIndex(of: deed.item)
            {
                credit(deed, answer: Int(answer), place: place)
                continue
            }
            for answer in (byUser[deed.user] ?? []).reversed() {
                let shown = answers[Int(answer)]
                guard shown.time <= deed.time else { continue }
                guard deed.time - shown.time <= window else { break }
                guard let place = shown.items.firstIndex(of: deed.item) else { continue }
                credit(deed, answer: Int(answer), place: place)
                break
            }
        }
    }

    private mutating func credit(_ deed: Deed, answer: Int, place: Int) {
        if deed.isPurchase { answers[answer].purchases[place] &+= 1 } else { answers[answer].clicks[place] &+= 1 }
    }
}
