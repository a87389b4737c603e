import Core
import Features

/// Which targets each training row reached.
///
/// - One target: every row did.
/// - Kinds of events (view, cart, purchase), weakest first: a row reached all targets up to the strongest event of the
///   same user on the same item from its moment until the horizon. So a view that led to a purchase is a positive of
///   all three, and a purchase implies the weaker ones. Rows of kinds that are no target are not learned from.
/// - Where all rows are of one kind, a shop knows purchases only, and the second target is whether it was bought again:
///   `purchase`, reached by every row, and `repeat`, reached if the same user buys the same item again before the
///   horizon ends. The sum of both probabilities is the number of purchases to expect, counted up to two.
struct TargetLabels: Sendable {
    /// The targets' names.
    let names: [String]
    /// For each training row how many targets it reached: the first so many.
    private let reached: [UInt8]?

    /// The target of a network that has one.
    static let single = ["interaction"]

    /// The names of the targets that a dataset offers.
    ///
    /// - Throws: `invalidConfiguration` for a target that is no kind of event of the dataset.
    static func names(_ settings: TargetSettings?, _ data: InteractionDataset) throws -> [String] {
        guard let settings else { return single }
        let known = data.eventTypes.count > 1 ? data.eventTypes : ["purchase", "repeat"]
        let names = settings.names.isEmpty ? known : settings.names
        for name in names + settings.weights.keys.sorted() where !known.contains(name) {
            throw MartletError(
                .invalidConfiguration, "there is no target '\(name)' in the dataset",
                hint: nearest(to: name, among: known).map { "did you mean '\($0)'?" }
                    ?? "the targets are \(known.joined(separator: ", "))")
        }
        if data.eventTypes.count < 2, names.first != "purchase" {
            throw MartletError(
                .invalidConfiguration, "'repeat' is learned beside 'purchase', not alone",
                hint: "write 'targets: [purchase, repeat]', or leave it away")
        }
        guard names.count <= 32, Set(names).count == names.count else {
            throw MartletError(.invalidConfiguration, "targets are at most 32 different names")
        }
        return names
    }

    /// Looks ahead from every row.
    ///
    /// - Complexity: O(rows + pairs of rows of the same user and item within the horizon)
    init(
        _ names: [String], _ settings: TargetSettings?, _ histories: UserHistories, _ data: InteractionDataset
    ) throws {
        self.names = names
        guard let settings, names.count > 1 || data.eventTypes.count > 1 else {
            reached = nil
            return
        }
        let events = try histories.windows.map { try data.interactions($0).events }
        let ranks = data.eventTypes.count > 1 ? data.eventTypes.map { names.firstIndex(of: $0) ?? -1 } : nil
        func rank(_ entry: Int) -> Int {
            guard let ranks else { return 0 }
            let place = histories.rows[entry]
            guard let event = events[Int(place.window)]?[Int(place.row)], event >= 0 else { return -1 }
            return ranks[Int(event)]
        }
        let horizon = Int64(settings.horizon)
        var reached = [UInt8](repeating: 0, count: histories.count)
        for user in 0..<histories.userCount {
            // The later entries of each item, the next one last.
            var later: [Int32: [(time: Int64, rank: Int)]] = [:]
            for entry in histories.entries(of: Int32(user)).reversed() {
                let (item, time, own) = (histories.items[entry], histories.times[entry], rank(entry))
                var best = own
                for next in (later[item] ?? []).reversed() {
                    if next.time > time + horizon { break }
                    if ranks != nil { best = max(best, next.rank) } else if next.time > time { best = 1 }
                }
                later[item, default: []].append((time, own))
                if own >= 0 { reached[entry] = UInt8(min(best + 1, names.count)) }
            }
        }
        self.reached = reached
    }

    /// How many targets a row reached, the first so many; 0: the row is not learned from.
    func reached(_ entry: Int) -> Int { reached.map { Int($0[entry]) } ?? names.count }
}
