import Core
import Synchronization
import Tensor

extension DatasetBuild {
    /// How many rows go through the operators at a time.
    static let chunk = 1 << 16

    /// Fits all features on what lies before the validation start: trained users, trained items, training rows.
    mutating func fit(users: EncodedEntities, items: EncodedEntities, _ sorted: SortedInteractions) throws {
        let names = configuration.interactions
        workflow.idColumns = [
            .user: configuration.users?.id ?? names.user, .item: configuration.items?.id ?? names.item,
            .context: names.user,
        ]
        let statistics = InteractionStatistics(sorted)
        let hashes =
            workflow.features(.context).contains { $0.needsRows } ? (0..<users.count).map(users.hash) : []
        for index in workflow.features.indices {
            progress.update(
                "dataset", done: index, total: workflow.features.count, unit: "features",
                note: "fitting \(workflow.features[index].name)")
            var feature = workflow.features[index]
            let column = try source(of: feature, users: users, items: items, sorted)
            try feature.resolve(kind: column?.kind ?? .real, isList: column?.isList ?? false)
            let scan: FeatureScan
            switch feature.group {
            case .user: scan = Self.scan(users, feature, column, statistics)
            case .item: scan = Self.scan(items, feature, column, statistics)
            case .context: scan = Self.scan(sorted, feature, column, statistics, hashes)
            }
            try feature.fit(scan)
            workflow.features[index] = feature
        }
        workflow.keys = [:]
        for (group, entities) in [(FeatureGroup.user, users), (.item, items)] {
            let joins = workflow.features(group).contains { $0.operators.contains { $0 is JoinGroupBy } }
            if joins || (group == .item && workflow.historyLength != nil) {
                workflow.keys[group] = EntityKeys(try Self.trained(entities))
            }
        }
    }

    /// The column that a feature is made of; nil if its first operator makes the values.
    func source(
        of feature: Feature, users: EncodedEntities, items: EncodedEntities, _ sorted: SortedInteractions
    ) throws -> FrozenColumn? {
        guard let source = feature.source else { return nil }
        let column =
            switch feature.group {
            case .user: users.column(source)
            case .item: items.column(source)
            case .context: sorted.columns[source]
            }
        guard let column else { preconditionFailure("the columns were read that features name") }
        return column
    }

    private static func scan(
        _ entities: EncodedEntities, _ feature: Feature, _ column: FrozenColumn?, _ statistics: InteractionStatistics
    ) -> FeatureScan {
        let trained = entities.order.trainedCount
        return FeatureScan(
            kind: column?.kind ?? .real,
            batches: { body in
                for start in stride(from: 0, to: trained, by: chunk) {
                    let range = start..<min(start + chunk, trained)
                    try body(
                        column.values(range.count) { entities.row(start + $0) },
                        feature.needsRows ? entities.rows(range) : FeatureRows())
                }
            },
            aggregates: { try statistics.aggregates(of: $0, by: entities.group, count: trained) },
            targets: { name in
                let aggregates = try statistics.aggregates(of: name, by: entities.group, count: trained)
                return (aggregates.sums, aggregates.counts)
            })
    }

    private static func scan(
        _ sorted: SortedInteractions, _ feature: Feature, _ column: FrozenColumn?,
        _ statistics: InteractionStatistics, _ hashes: [UInt64]
    ) -> FeatureScan {
        let rows = sorted.rows.values
        return FeatureScan(
            kind: column?.kind ?? .real,
            batches: { body in
                for start in stride(from: 0, to: sorted[.train].count, by: chunk) {
                    let range = start..<min(start + chunk, sorted[.train].count)
                    try body(
                        column.values(range.count) { Int(rows[start + $0]) },
                        feature.needsRows ? contextRows(sorted, range, hashes) : FeatureRows())
                }
            },
            aggregates: { _ in
                throw MartletError(.invalidConfiguration, "join-group-by belongs to users or items, not to the moment")
            },
            targets: { try statistics.targets($0) })
    }

    /// Whose rows a range of sorted interactions is: the users'.
    static func contextRows(_ sorted: SortedInteractions, _ range: Range<Int>, _ hashes: [UInt64]) -> FeatureRows {
        let (rows, users) = (sorted.rows.values, sorted.users)
        return FeatureRows(hashes: range.map { hashes[Int(users[Int(rows[$0])])] })
    }

    /// The ids of trained users or items, apart from the others.
    private static func trained(_ entities: EncodedEntities) throws -> EntityIDs {
        guard case .string(let offsets, let bytes) = entities.ids.column.values else {
            preconditionFailure("ids are text")
        }
        let part = UnsafeBufferPointer(rebasing: offsets.values[0...entities.order.trainedCount])
        return try EntityIDs(
            Column(.string(offsets: Buffer(part) { withExtendedLifetime(offsets) {} }, bytes: bytes)))
    }
}

extension FrozenColumn? {
    /// The values of `count` rows; nulls where there is no column.
    func values(_ count: Int, _ row: (Int) -> Int) -> FeatureColumn {
        self?.gather(count, row) ?? FeatureColumn(.real([Double](repeating: .nan, count: count)))
    }
}
