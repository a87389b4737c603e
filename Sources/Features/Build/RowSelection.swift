import Core

/// Which rows go into the dataset, and how often each user and item comes in training.
struct RowSelection {
    /// The rows that go in, ascending.
    var rows = GrowableBuffer<UInt32>()
    /// Training rows by id's number, 0 for users and items that are not trained.
    var userCounts: [Int32]
    var itemCounts: [Int32]
    /// Where the windows lie.
    var split: SplitTimes
    /// What was left out, for the user to know.
    var notes: [String] = []

    /// Selects rows.
    ///
    /// - Throws: `invalidData` if no row is left, `invalidConfiguration` if the split does not fit the data.
    init(_ raw: RawInteractions, _ configuration: DatasetConfiguration, users: Int, items: Int) throws {
        let names = configuration.interactions
        var withoutID = 0
        var withoutTime = 0
        var withoutWeight = 0
        var (first, last) = (Int64.max, Int64.min)
        let (userOf, itemOf, times) = (raw.users.values, raw.items.values, raw.times.values)
        for row in 0..<raw.count {
            if userOf[row] < 0 || itemOf[row] < 0 {
                withoutID += 1
            } else if times[row] == FeatureColumn.nullInteger {
                withoutTime += 1
            } else if let weights = raw.weights, !(weights.values[row] > 0) {
                withoutWeight += 1
            } else {
                first = min(first, times[row])
                last = max(last, times[row])
                rows.append(UInt32(row))
            }
        }
        guard rows.count > 0 else {
            throw MartletError(
                .invalidData,
                "none of the \(raw.count) rows of '\(names.table)' has a user, an item, a time and a "
                    + "weight above 0", hint: "check the columns named below 'interactions'")
        }
        // Outside of these years a time is a mistake of units (milliseconds, days), not a moment.
        guard first >= -62_135_596_800, last <= 253_402_300_799 else {
            throw MartletError(
                .invalidData, "column '\(names.time)' of '\(names.table)' holds \(last), which is no moment in seconds",
                hint: "cast it to a timestamp in SQL")
        }
        split = try SplitTimes.resolve(configuration, first: first, last: last)
        (userCounts, itemCounts) = ([Int32](repeating: 0, count: users), [Int32](repeating: 0, count: items))
        note(withoutID, "without a user or an item")
        note(withoutTime, "without a time")
        note(withoutWeight, "whose weight is missing or not above 0")
        prune(raw, configuration)
        guard userCounts.contains(where: { $0 > 0 }) else {
            throw MartletError(
                .invalidConfiguration, "no user and item come often enough in training",
                hint: "lower 'min-interactions' below 'users' and 'items'")
        }
    }

    /// Counts training rows; leaves out rare users and items, until all that stay are frequent enough.
    private mutating func prune(_ raw: RawInteractions, _ configuration: DatasetConfiguration) {
        let (userOf, itemOf, times) = (raw.users.values, raw.items.values, raw.times.values)
        let end = split.validationStart
        for row in rows.values where times[Int(row)] < end {
            userCounts[Int(userOf[Int(row)])] += 1
            itemCounts[Int(itemOf[Int(row)])] += 1
        }
        let (leastUser, leastItem) = (configuration.minimumUserInteractions, configuration.minimumItemInteractions)
        guard leastUser > 1 || leastItem > 1 else { return }
        let before = rows.count
        var changed = true
        while changed {
            let (users, items) = (userCounts, itemCounts)
            let kept = GrowableBuffer<UInt32>(capacity: rows.count)
            for row in rows.values
            where times[Int(row)] >= end
                || (users[Int(userOf[Int(row)])] >= leastUser && items[Int(itemOf[Int(row)])] >= leastItem)
            { kept.append(row) }
            changed = kept.count < rows.count
            rows = kept
            userCounts = [Int32](repeating: 0, count: users.count)
            itemCounts = [Int32](repeating: 0, count: items.count)
            for row in rows.values where times[Int(row)] < end {
                userCounts[Int(userOf[Int(row)])] += 1
                itemCounts[Int(itemOf[Int(row)])] += 1
            }
        }
        note(before - rows.count, "of users or items that come too rarely in training")
    }

    private mutating func note(_ count: Int, _ which: String) {
        if count > 0 { notes.append("\(count) row\(count == 1 ? "" : "s") \(which) left out") }
    }
}
