import Core

/// The interactions by time: their columns as they came, and the rows in order.
struct SortedInteractions: @unchecked Sendable {
    // Sendable: the users' and items' buffers are not changed any more, nothing else is mutable.

    private let userBuffer: GrowableBuffer<Int32>
    private let itemBuffer: GrowableBuffer<Int32>
    let times: Buffer<Int64>
    let weights: Buffer<Float>?
    let events: EventTypes?
    let columns: [String: FrozenColumn]
    /// Rows by time, then user, then item.
    let rows: Buffer<UInt32>
    let split: SplitTimes

    init(raw: RawInteractions, rows: Buffer<UInt32>, split: SplitTimes) {
        userBuffer = raw.users
        itemBuffer = raw.items
        times = raw.times
        weights = raw.weights
        events = raw.events
        columns = raw.columns
        self.rows = rows
        self.split = split
    }

    /// User indices by row of the table.
    var users: UnsafeBufferPointer<Int32> { userBuffer.values }
    /// Item indices by row of the table.
    var items: UnsafeBufferPointer<Int32> { itemBuffer.values }

    /// The places of a window's rows in ``rows``.
    subscript(_ window: Window) -> Range<Int> {
        let validation = place(split.validationStart)
        let test = place(split.testStart)
        return switch window {
        case .train: 0..<validation
        case .validation: validation..<test
        case .test: test..<rows.count
        }
    }

    /// The first place whose row is not before `time`.
    private func place(_ time: Int64) -> Int {
        var (low, high) = (0, rows.count)
        while low < high {
            let middle = (low + high) / 2
            if times.values[Int(rows.values[middle])] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// What a user should know about data that are hard to learn from.
    func notes(trainedUsers: Int, trainedItems: Int) -> [String] {
        var notes: [String] = []
        for window in [Window.validation, .test] where self[window].isEmpty && !split[window].isEmpty {
            notes.append(
                "the \(window.rawValue) window from \(TimeText.text(split[window].lowerBound)) has no rows: nothing can "
                    + "be measured on it")
        }
        if self[.train].count == trainedUsers, trainedUsers > 1 {
            notes.append("every user has a single training interaction: there is no taste to learn beyond popularity")
        }
        if trainedItems == 1 { notes.append("there is a single item in training: every list will hold it alone") }
        return notes
    }
}
