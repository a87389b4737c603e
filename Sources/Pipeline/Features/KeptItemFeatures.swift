import Core
import Features
import Models
import Stores
import Synchronization

/// What was read of the items of one bundle and still holds, so that a request reads what changed and no more.
///
/// It holds until the store tells of a change, or until it is past its time to live; where the store's changes are not
/// heard, nothing is kept. An item whose features are those that the bundle has takes some bytes, any other one row of
/// values: there are never more rows than items.
final class KeptItemFeatures: FeatureListener {
    /// What was read of one item.
    final class Row: Sendable {
        let values: [FeatureValue]
        let statuses: [FeatureStatus]
        let timestamps: [FeatureTimestamp]

        init(_ row: Int, of columns: [OnlineFeatures.Column]) {
            values = columns.map { $0.values[row] }
            statuses = columns.map { $0.statuses[row] }
            timestamps = columns.map { $0.timestamps[row] }
        }
    }

    private struct Slot {
        /// How often the item changed: what was read before a change is not kept after it.
        var changes: UInt32 = 0
        var isKept = false
        /// Whether the models read something else of it than the bundle has.
        var differs = false
        /// Until when it holds, in microseconds since 1970.
        var end = Int64.max
        var row: Row?
    }

    private struct State {
        var slots: [Slot]
        /// How often everything was forgotten.
        var resets = 0
        var isHeard = false
    }

    /// What is known of some items.
    struct Found {
        /// Items that must be read.
        var unknown: [Int32] = []
        /// What is kept of others, unless it is what the bundle has and nobody needs it.
        var rows: [(item: Int32, row: Row)] = []
        /// Whether the models read something else of one of those rows.
        var differs = false
        fileprivate var changes: [UInt32] = []
        fileprivate var resets = 0
    }

    private let bundle: ServedBundle
    private let source: ItemFeatureChanges
    private let state: Mutex<State>
    private let keptCount = Atomic<Int>(0)
    private let readCount = Atomic<Int>(0)

    /// Begins to listen.
    init(_ bundle: ServedBundle, _ source: ItemFeatureChanges) {
        self.bundle = bundle
        self.source = source
        state = Mutex(State(slots: Array(repeating: Slot(), count: bundle.data.items.count)))
        source.changes.add(self)
    }

    /// How many items' features were taken from what was kept, and how many were read.
    var statistics: (kept: Int, read: Int) {
        (keptCount.load(ordering: .relaxed), readCount.load(ordering: .relaxed))
    }

    func changed(_ key: [UInt8]) {
        guard let id = source.id(key), let item = bundle.data.items.index(of: id) else { return }
        state.withLock { state in
            state.slots[item] = Slot(changes: state.slots[item].changes &+ 1)
        }
    }

    func reset(isHeard: Bool) {
        state.withLock { state in
            state.resets += 1
            state.isHeard = isHeard
            for item in state.slots.indices { state.slots[item] = Slot(changes: state.slots[item].changes) }
        }
    }

    /// Looks items up.
    ///
    /// - Parameter needsRows: whether values are needed that the models would not miss.
    func find(_ items: [Int32], needsRows: Bool) -> Found {
        let now = source.now().microseconds
        var found = Found()
        state.withLock { state in
            found.resets = state.resets
            for item in items {
                let slot = state.slots[Int(item)]
                if slot.isKept, slot.end > now, slot.row != nil || !(needsRows || slot.differs) {
                    guard let row = slot.row, needsRows || slot.differs else { continue }
                    found.rows.append((item, row))
                    found.differs = found.differs || slot.differs
                } else {
                    found.unknown.append(item)
                    found.changes.append(slot.changes)
                }
            }
        }
        keptCount.wrappingAdd(items.count - found.unknown.count, ordering: .relaxed)
        readCount.wrappingAdd(found.unknown.count, ordering: .relaxed)
        return found
    }

    /// Keeps what was read of the unknown items, save of those that changed since they were looked up.
    ///
    /// - Parameters:
    ///   - differing: the items of which the models read something else than the bundle has.
    ///   - keepsRows: whether the values of the others are needed too.
    func keep(
        _ found: Found, _ columns: [OnlineFeatures.Column], differing: Set<Int32>, keepsRows: Bool
    ) {
        let made = found.unknown.enumerated().map { place, item -> (end: Int64, row: Row?)? in
            guard source.isTold(bundle.id(item)) else { return nil }
            let isNeeded = keepsRows || differing.contains(item)
            return (end(place, columns), isNeeded ? Row(place, of: columns) : nil)
        }
        state.withLock { state in
            guard state.isHeard, state.resets == found.resets else { return }
            for (place, item) in found.unknown.enumerated()
            where state.slots[Int(item)].changes == found.changes[place] {
                guard let made = made[place] else { continue }
                state.slots[Int(item)] = Slot(
                    changes: found.changes[place], isKept: true, differs: differing.contains(item), end: made.end,
                    row: made.row)
            }
        }
    }

    /// When the first of an item's features is past its time to live.
    private func end(_ row: Int, _ columns: [OnlineFeatures.Column]) -> Int64 {
        guard let ttl = source.shortestTTL else { return .max }
        let oldest = columns.filter { $0.statuses[row] == .present }.map { $0.timestamps[row].microseconds }.min()
        guard let oldest else { return .max }
        let (sum, overflow) = oldest.addingReportingOverflow(Int64(min(ttl, 1e11) * 1e6))
        return overflow ? .max : sum
    }
}

extension OnlineFeatures {
    /// The answer that gave some rows.
    init(_ rows: [KeptItemFeatures.Row], names: [String]) {
        self.init(
            columns: names.enumerated().map { place, name in
                Column(
                    name: name, values: rows.map { $0.values[place] }, statuses: rows.map { $0.statuses[place] },
                    timestamps: rows.map { $0.timestamps[place] })
            }, failure: nil)
    }
}
