import Core

/// The answer to a request for features: a column for each feature, a row for each entity asked for.
public struct OnlineFeatures: Sendable {
    /// One feature of all entities.
    public struct Column: Sendable {
        /// The feature's name.
        public var name: String
        /// A value for each entity; null where there is none.
        public var values: [FeatureValue]
        /// What became of each.
        public var statuses: [FeatureStatus]
        /// Since when each is true; 1970 where nothing is known.
        public var timestamps: [FeatureTimestamp]

        package init(
            name: String, values: [FeatureValue], statuses: [FeatureStatus], timestamps: [FeatureTimestamp]
        ) {
            self.name = name
            self.values = values
            self.statuses = statuses
            self.timestamps = timestamps
        }
    }

    /// The columns, in the order in which features were asked for.
    public var columns: [Column]
    /// Why the store did not answer; nil if it did. Every feature is `NOT_FOUND` then.
    public var failure: MartletError?

    package init(columns: [Column], failure: MartletError?) {
        self.columns = columns
        self.failure = failure
    }

    /// How many features have a status.
    public func count(of status: FeatureStatus) -> Int {
        columns.reduce(0) { count, column in count + column.statuses.count { $0 == status } }
    }
}

extension OnlineFeatures.Column {
    /// Takes one feature out of the records of its view.
    ///
    /// - Parameters:
    ///   - found: the records of all views of the group, key by key; none if the store did not answer.
    ///   - width: how many views the group has.
    ///   - offset: the view's place among them.
    ///   - field: the feature's place in the view's records.
    ///   - places: for each row the place of its key.
    ///   - isStale: for each key whether the view's record is past its time to live.
    init(
        name: String, found: [OnlineRecord], width: Int, offset: Int, field: Int, places: [Int], isStale: [Bool]
    ) {
        self.name = name
        let rows = places.count
        values = []
        statuses = []
        timestamps = []
        values.reserveCapacity(rows)
        statuses.reserveCapacity(rows)
        timestamps.reserveCapacity(rows)
        guard !found.isEmpty || rows == 0 else {
            values = Array(repeating: .null, count: rows)
            statuses = Array(repeating: .notFound, count: rows)
            timestamps = Array(repeating: FeatureTimestamp(seconds: 0), count: rows)
            return
        }
        found.withUnsafeBufferPointer { found in
            for key in places {
                let place = key * width + offset
                // In place: a record that is copied out for each of its features costs more than the feature.
                guard let moment = found[place].timestamp else {
                    values.append(.null)
                    statuses.append(.notFound)
                    timestamps.append(FeatureTimestamp(seconds: 0))
                    continue
                }
                timestamps.append(moment)
                guard let value = found[place].values[field] else {
                    values.append(.null)
                    statuses.append(.notFound)
                    continue
                }
                values.append(value)
                if case .null = value {
                    statuses.append(.nullValue)
                } else {
                    statuses.append(isStale[key] ? .outsideMaxAge : .present)
                }
            }
        }
    }
}
