/// The entities of a request: each key once, and which row asks for which.
struct EntityRows {
    /// The keys, each once.
    private(set) var keys: [[UInt8]] = []
    /// For each row the place of its key.
    private(set) var places: [Int] = []

    /// - Parameters:
    ///   - entities: whose join keys make the key, sorted by join key.
    ///   - values: for each join key one value a row.
    init(_ entities: [FeatureEntity], _ values: [String: [FeatureValue]], rows: Int, project: String) {
        let columns = entities.map { values[$0.joinKey] ?? [] }
        let header = EntityKey.header(entities.map(\.joinKey))
        var known: [[UInt8]: Int] = [:]
        known.reserveCapacity(rows)
        keys.reserveCapacity(rows)
        places.reserveCapacity(rows)
        for row in 0..<rows {
            var key = header
            for column in columns { EntityKey.append(column[row], to: &key) }
            key.append(contentsOf: project.utf8)
            let place = known[key] ?? keys.count
            if place == keys.count {
                known[key] = place
                keys.append(key)
            }
            places.append(place)
        }
    }
}
