import Core
import Synchronization

/// How the users' lists of two versions differ.
public struct ListDifference: Sendable {
    /// A user whose list changed.
    public struct Example: Sendable, Hashable {
        /// The user.
        public var user: String
        /// The ids of the items before.
        public var before: [String]
        /// The ids of the items after.
        public var after: [String]
    }

    /// An item that stands in more or fewer lists.
    public struct Mover: Sendable, Hashable {
        /// The item's id.
        public var item: String
        /// Its title, or its id.
        public var title: String
        /// In how many lists it was.
        public var before: Int
        /// In how many it is.
        public var after: Int
    }

    /// The version before.
    public var from: Int
    /// The version after.
    public var to: Int
    /// How many users have a list in both versions.
    public var users = 0
    /// How many of them have other items, or others first.
    public var changed = 0
    /// How many users were looked at that have a list in the version before alone.
    public var lost = 0
    /// The mean share of the items before that are still there.
    public var overlap = 0.0
    /// How many users kept 0 %, up to 10 %, … up to 100 % of their items.
    public var kept = [Int](repeating: 0, count: 11)
    /// The items that gained most lists.
    public var risen: [Mover] = []
    /// The items that lost most lists.
    public var fallen: [Mover] = []
    /// Some users whose lists changed.
    public var examples: [Example] = []
    /// Whether only the first users were looked at, for their number.
    public var isSample = false
    /// The titles of the items that the examples name, by id.
    public var titles: [String: String] = [:]
}

extension ListPublisher {
    /// Compares the users' lists of two versions.
    ///
    /// - Parameters:
    ///   - from: the version before.
    ///   - to: the version after.
    ///   - limit: at most so many users, the first that the store gives.
    /// - Throws: `notFound` if one of the versions is not there, `unavailable`, `corrupted`.
    /// - Complexity: O(users · k), at most `limit` users
    public func difference(from: Int, to: Int, limit: Int = 50_000) async throws -> ListDifference {
        let before = try await ListSnapshot.load(
            LiveVersion(version: from, since: 0), publisher: self, confirm: {})
        let after = try await ListSnapshot.load(
            LiveVersion(version: to, since: 0), publisher: self, confirm: {})
        let box = DifferenceBox(DifferenceCount(before: before, after: after))
        do {
            try await before.namespace.scan { batch in
                var lists: [(user: String, list: ListEntry)] = []
                try batch.forEach { key, value in
                    guard key.starts(with: ListKey.user) else { return }
                    let user = String(decoding: key.dropFirst(ListKey.user.count), as: UTF8.self)
                    lists.append((user, ListEntry(try StoredList(UnsafeRawBufferPointer(value)))))
                }
                let others = try await after.namespace.get(lists.map { ListKey.user($0.user) })
                let seen = try box.count.withLock { count in
                    for (known, other) in zip(lists, others) where count.seen < limit {
                        try count.add(known.user, known.list, other.map(ListEntry.init(decoding:)))
                    }
                    return count.seen
                }
                if seen >= limit { throw EnoughUsers() }
            }
        } catch is EnoughUsers {
            return box.count.withLock { $0.difference(from: from, to: to, isSample: true) }
        }
        return box.count.withLock { $0.difference(from: from, to: to, isSample: false) }
    }
}

/// Ends a scan early.
private struct EnoughUsers: Error {}

/// A count that several tasks may add to.
private final class DifferenceBox: Sendable {
    let count: Mutex<DifferenceCount>

    init(_ count: DifferenceCount) { self.count = Mutex(count) }
}

/// What is counted while two versions are compared.
private struct DifferenceCount {
    private let before: Catalogue
    private let after: Catalogue
    private(set) var seen = 0
    private var found = ListDifference(from: 0, to: 0)
    private var overlaps = 0.0
    private var counts: [String: (before: Int, after: Int)] = [:]

    init(before: ListSnapshot, after: ListSnapshot) {
        self.before = before.catalogue
        self.after = after.catalogue
    }

    mutating func add(_ user: String, _ list: ListEntry, _ other: ListEntry?) throws {
        seen += 1
        guard let other else {
            found.lost += 1
            return
        }
        let old = list.items.map { before.id(Int($0)) }
        let new = other.items.map { after.id(Int($0)) }
        for item in old { counts[item, default: (0, 0)].before += 1 }
        for item in new { counts[item, default: (0, 0)].after += 1 }
        found.users += 1
        let kept = old.isEmpty ? 1 : Double(Set(old).intersection(new).count) / Double(old.count)
        overlaps += kept
        found.kept[Int((kept * 10).rounded(.up))] += 1
        guard old != new else { return }
        found.changed += 1
        if found.examples.count < 12 { found.examples.append(.init(user: user, before: old, after: new)) }
    }

    func difference(from: Int, to: Int, isSample: Bool) -> ListDifference {
        var result = found
        (result.from, result.to, result.isSample) = (from, to, isSample)
        result.overlap = found.users == 0 ? 1 : overlaps / Double(found.users)
        let movers = counts.map { id, count in
            ListDifference.Mover(item: id, title: title(id), before: count.before, after: count.after)
        }.sorted { ($1.after - $1.before, $0.item) < ($0.after - $0.before, $1.item) }
        result.risen = Array(movers.prefix(10).filter { $0.after > $0.before })
        result.fallen = Array(movers.suffix(10).filter { $0.after < $0.before }.reversed())
        for id in result.examples.flatMap({ $0.before + $0.after }) { result.titles[id] = title(id) }
        return result
    }

    private func title(_ id: String) -> String {
        let shown = after.index(of: id).map { after[$0] } ?? before.index(of: id).map { before[$0] }
        return shown?.show["title"]?.string ?? id
    }
}
