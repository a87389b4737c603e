import Core
import Synchronization
import Tensor

/// One build of an ``InteractionDataset``, from streams to a filled folder.
struct DatasetBuild {
    let configuration: DatasetConfiguration
    let progress: any ProgressReporting
    let folder: String
    var workflow: Workflow

    init(_ builder: InteractionDatasetBuilder, folder: String) {
        configuration = builder.configuration
        workflow = builder.workflow
        progress = builder.progress
        self.folder = folder
    }

    mutating func run(
        users: InteractionDatasetBuilder.Source?, items: InteractionDatasetBuilder.Source?,
        interactions: InteractionDatasetBuilder.Source
    ) throws {
        progress.begin("dataset")
        let (userIDs, itemIDs) = (TextInterner(), TextInterner())
        var raw = try RawInteractions.read(
            interactions(), configuration.interactions, others: interactionColumns(), userIDs: userIDs,
            itemIDs: itemIDs, progress: progress)
        let userTable = try read(.user, users, configuration.users, ids: userIDs)
        let itemTable = try read(.item, items, configuration.items, ids: itemIDs)

        let selection = try RowSelection(raw, configuration, users: userIDs.count, items: itemIDs.count)
        var notes = selection.notes + Self.notes(userTable, "users") + Self.notes(itemTable, "items")
        let userOrder = EntityOrder(ids: userIDs, counts: selection.userCounts)
        let itemOrder = EntityOrder(ids: itemIDs, counts: selection.itemCounts)
        Self.renumber(raw.users, userOrder.indexOfCode)
        Self.renumber(raw.items, itemOrder.indexOfCode)
        progress.update("dataset", done: selection.rows.count, total: nil, unit: "rows", note: "sorting")
        RowOrder.sort(
            UnsafeMutableBufferPointer(start: selection.rows.base, count: selection.rows.count),
            times: raw.times.values, users: raw.users.base, items: raw.items.base)
        // From here on memory holds the columns in the order of the table, and the rows in the order of time.
        let sorted = SortedInteractions(raw: raw, rows: selection.rows.freeze(), split: selection.split)
        raw.columns = [:]
        notes += sorted.notes(trainedUsers: userOrder.trainedCount, trainedItems: itemOrder.trainedCount)

        let userEntities = EncodedEntities(group: .user, order: userOrder, ids: userIDs, table: userTable)
        let itemEntities = EncodedEntities(group: .item, order: itemOrder, ids: itemIDs, table: itemTable)
        try fit(users: userEntities, items: itemEntities, sorted)
        try write(sorted, users: userEntities)
        let history = try userHistory(sorted, users: userEntities.count, items: itemEntities.count)
        try write(userEntities, history: history)
        try write(itemEntities, history: nil)
        try writeCatalogue(itemEntities)
        try workflow.save(to: folder)
        for note in notes { progress.note(note) }
        try InteractionDatasetManifest(
            users: userEntities.count, trainedUsers: userOrder.trainedCount, items: itemEntities.count,
            trainedItems: itemOrder.trainedCount,
            rows: Dictionary(uniqueKeysWithValues: Window.allCases.map { ($0.rawValue, sorted[$0].count) }),
            split: sorted.split, hasCatalogue: !shownColumns.isEmpty, title: configuration.items?.title,
            eventTypes: sorted.events?.names, notes: notes
        ).write(to: folder)
        progress.end(
            "dataset",
            summary: "\(sorted.rows.count) rows, \(userEntities.count) users, \(itemEntities.count) items")
    }

    /// Columns of the items table that people are shown.
    var shownColumns: [String] {
        var seen: Set<String> = []
        return ([configuration.items?.title].compactMap { $0 } + (configuration.items?.show ?? []))
            .filter { seen.insert($0).inserted }
    }

    /// Columns of the interactions that features are made of or learned from.
    private func interactionColumns() -> [String] {
        var seen: Set<String> = []
        return (workflow.sources(.context) + workflow.features.flatMap(\.interactionColumns))
            .filter { seen.insert($0).inserted }
    }

    private func read(
        _ group: FeatureGroup, _ source: InteractionDatasetBuilder.Source?,
        _ columns: DatasetConfiguration.EntityColumns?, ids: TextInterner
    ) throws -> RawEntities? {
        let sources = workflow.sources(group)
        guard let source, let columns else {
            if let feature = workflow.features(group).first(where: { $0.source != nil }) {
                throw MartletError(
                    .invalidConfiguration,
                    "feature '\(feature.name)' of \(group.rawValue) needs a table of \(group.rawValue)s",
                    hint: "name it: '\(group.rawValue)s: {table: …, id: …}'")
            }
            return nil
        }
        let shown = group == .item ? shownColumns.filter { !sources.contains($0) } : []
        return try RawEntities.read(
            source(), table: columns.table, id: columns.id, keeping: sources + shown, ids: ids, progress: progress)
    }

    private static func notes(_ table: RawEntities?, _ name: String) -> [String] {
        guard let rows = table?.rowsWithoutID, rows > 0 else { return [] }
        return ["\(rows) row\(rows == 1 ? "" : "s") of the \(name) table without an id left out"]
    }

    /// Replaces ids' numbers by indices.
    private static func renumber(_ codes: GrowableBuffer<Int32>, _ indexOfCode: [Int32]) {
        nonisolated(unsafe) let values = codes.base
        indexOfCode.withUnsafeBufferPointer { indexOfCode in
            nonisolated(unsafe) let indexOfCode = indexOfCode
            parallelFor(codes.count, grain: 1 << 16) { range, _ in
                for row in range where values[row] >= 0 { values[row] = indexOfCode[Int(values[row])] }
            }
        }
    }
}
