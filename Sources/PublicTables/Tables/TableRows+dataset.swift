import Core
import Features

/// Which part of the work a dataset is for.
enum TablePhase: Sendable {
    /// Learning from the training rows, choosing by the validation rows; the test rows are not there.
    case choosing
    /// Learning from training and validation rows, judging by the test rows.
    case judging

    /// The window that the phase measures on.
    var judged: Window { self == .choosing ? .validation : .test }
}

extension TableRows {
    /// The moment at which the judged window begins; any will do.
    private static let cut: Int64 = 1_000_000_000

    /// Builds the dataset of a phase in the folder `path`.
    ///
    /// The tables have no times, so rows get made-up ones, a second apart: a user's rows that are learned from lie just
    /// before the cut in their order, those that are judged just behind it. What is learned from is always the training
    /// window, so that every user and item of it has a place of its own among the trained.
    ///
    /// - Complexity: O(rows)
    func dataset(_ phase: TablePhase, path: String) throws -> InteractionDataset {
        guard windows.contains(phase.judged) else {
            throw MartletError(
                .invalidData, "no user has enough items for the \(phase.judged.rawValue) window",
                hint: "a user needs two items in training, and one to be judged by")
        }
        var (users, items, times) = ([Int64](), [Int64](), [Int64]())
        var start = 0
        while start < self.users.count {
            var end = start
            while end < self.users.count, self.users[end] == self.users[start] { end += 1 }
            let learned = (start..<end).filter { isLearned($0, phase) }
            let judged = (start..<end).filter { windows[$0] == phase.judged }
            for (index, row) in learned.enumerated() { times.append(Self.cut - Int64(learned.count - index)); add(row) }
            for (index, row) in judged.enumerated() { times.append(Self.cut + Int64(index)); add(row) }
            start = end
        }
        func add(_ row: Int) {
            users.append(self.users[row])
            items.append(self.items[row])
        }
        let table = try Table([
            ("user", Column(.int64(Buffer(users)))), ("item", Column(.int64(Buffer(items)))),
            ("time", Column(.int64(Buffer(times)))),
        ])
        let isChoosing = phase == .choosing
        let configuration = DatasetConfiguration(
            interactions: .init(user: "user", item: "item", time: "time"),
            validation: isChoosing ? .date(Self.cut) : .none, test: isChoosing ? .none : .date(Self.cut))
        return try InteractionDatasetBuilder(configuration: configuration).build(
            interactions: { TableSequence(schema: table.schema, [table]) }, to: path)
    }

    private func isLearned(_ row: Int, _ phase: TablePhase) -> Bool {
        windows[row] == .train || (phase == .judging && windows[row] == .validation)
    }
}
