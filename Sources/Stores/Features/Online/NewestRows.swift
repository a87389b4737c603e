/// Puts the rows of one write together: for each entity what is to be written, seen from what is in the store.
///
/// Rows are looked at in their order, as Feast does: one that is not newer than the store's record or than an accepted
/// row before it is skipped, and the values of accepted rows lie over each other.
struct NewestRows {
    /// What is to be written, one row an entity.
    private(set) var rows: [OnlineRow] = []
    /// How many rows went into them, and how many did not.
    private(set) var count = OnlineWriteCount()

    /// - Parameters:
    ///   - rows: the rows of the write.
    ///   - stored: for each row, the moment of its entity's record; nil where there is none.
    init(_ rows: [OnlineRow], stored: [FeatureTimestamp?]) {
        var places: [[UInt8]: Int] = [:]
        places.reserveCapacity(rows.count)
        for (row, stored) in zip(rows, stored) {
            let place = places[row.key]
            let latest = place.map { self.rows[$0].timestamp } ?? stored
            if let latest, row.timestamp <= latest {
                count.skipped += 1
                continue
            }
            count.written += 1
            if let place {
                self.rows[place].timestamp = row.timestamp
                for (field, value) in row.values.enumerated() where value != nil {
                    self.rows[place].values[field] = value
                }
            } else {
                places[row.key] = self.rows.count
                self.rows.append(row)
            }
        }
    }
}
