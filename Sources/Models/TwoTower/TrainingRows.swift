import Core
import Features

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The rows to learn from: every interaction with its user, its moment and how much it counts.
struct TrainingRows: Sendable {
    /// The interactions by user, then by time; an entry is a training row.
    let histories: UserHistories
    /// Each entry's user.
    let users: [Int32]
    /// log q: the log of each item's share of the rows.
    let logShares: [Float]
    private let decay: TimeDecay
    private let end: Int64
    private let meanWeight: Double
    /// For each context feature and window, each row's code.
    private let contexts: [[[Int32]]]

    /// How many context features there are.
    var contextCount: Int { contexts.count }

    init(_ data: InteractionDataset, windows: [Window], context: [TwoTowerShape.Feature], halfLife: Double?) throws {
        let histories = try UserHistories(data, windows: windows)
        guard histories.count > 0 else {
            throw MartletError(
                .invalidData, "there are no interactions to learn from",
                hint: "check the split dates: the training window is empty")
        }
        guard histories.count < Int(Int32.max) else {
            throw MartletError(
                .invalidData, "\(histories.count) interactions are more than the 2³¹ that can be shuffled")
        }
        self.histories = histories
        users = [Int32](unsafeUninitializedCapacity: histories.count) { users, count in
            for user in 0..<histories.userCount {
                for entry in histories.entries(of: Int32(user)) { users[entry] = Int32(user) }
            }
            count = histories.count
        }
        var counts = [Int](repeating: 0, count: data.items.count)
        for item in histories.items { counts[Int(item)] += 1 }
        logShares = counts.map { Float(log(Double(max($0, 1)) / Double(histories.count))) }
        let end = histories.end ?? 0
        let decay = TimeDecay(halfLife: halfLife)
        var sum = 0.0
        for entry in 0..<histories.count {
            sum += Double(histories.weights[entry]) * decay.weight(of: histories.times[entry], at: end)
        }
        meanWeight = sum / Double(histories.count)
        self.end = end
        self.decay = decay
        contexts = try context.map { feature in
            try windows.map { window in
                let part = try data.interactions(window)
                guard let described = part.context.schema[feature.name] else {
                    throw MartletError(.notFound, "the \(window.rawValue) window has no column '\(feature.name)'")
                }
                return try EntityCodes(
                    column: part.context.column(feature.name), described, rows: part.count,
                    place: "\(window.rawValue) window"
                ).values
            }
        }
    }

    /// The code of a context feature at an entry.
    func context(_ feature: Int, _ entry: Int) -> Int32 {
        let place = histories.rows[entry]
        return contexts[feature][Int(place.window)][Int(place.row)]
    }

    /// How much an entry counts; the mean over all is 1.
    func weight(_ entry: Int) -> Float {
        Float(Double(histories.weights[entry]) * decay.weight(of: histories.times[entry], at: end) / meanWeight)
    }
}
