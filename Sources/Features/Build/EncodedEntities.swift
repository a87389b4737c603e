import Core

/// Users or items in their final order, with what their table says of them.
struct EncodedEntities: Sendable {
    let group: FeatureGroup
    let order: EntityOrder
    /// The ids by index.
    let ids: EntityIDs
    private let rowOfID: [Int32]
    private let columns: [String: FrozenColumn]

    init(group: FeatureGroup, order: EntityOrder, ids: TextInterner, table: RawEntities?) {
        self.group = group
        self.order = order
        do {
            self.ids = try EntityIDs(order.column(ids))
        } catch {
            preconditionFailure("ids are text: \(error)")
        }
        rowOfID = table?.rowOfID ?? []
        columns = table?.columns ?? [:]
    }

    var count: Int { order.codes.count }

    func column(_ name: String) -> FrozenColumn? { columns[name] }

    /// The table's row of the user or item at `index`, −1 if it has none.
    @inline(__always)
    func row(_ index: Int) -> Int {
        let code = Int(order.codes[index])
        return code < rowOfID.count ? Int(rowOfID[code]) : -1
    }

    /// Whose rows a range of indices is.
    func rows(_ range: Range<Int>) -> FeatureRows {
        FeatureRows(
            entities: range.map { $0 < order.trainedCount ? Int32($0) : -1 },
            hashes: range.map { hash($0) })
    }

    /// The hash of an id, which says its fold.
    func hash(_ index: Int) -> UInt64 {
        let id = ids.utf8(index)
        return id.baseAddress.map { TextHash.hash($0, id.count) } ?? TextHash.hash("")
    }
}
