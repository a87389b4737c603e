import Core
import Synchronization

/// What every user did lately, in memory: read and written by any thread, a short lock at a time.
///
/// Users are spread over shards by hash. Memory is bounded: a shard over its share forgets the users who have been
/// without an event for longest, and a user keeps the last contacts and the last seen items.
public final class LiveActivity: ActivityReader {
    /// How much is kept.
    public struct Configuration: Sendable {
        /// The most contacts of a user.
        public var contacts = 100
        /// The most seen items of a user.
        public var seen = 500
        /// Memory of all users in bytes, as estimated from what they hold.
        public var bytes = 256 << 20

        /// Makes the default settings.
        public init() {}
    }

    /// What is kept now.
    public struct Status: Sendable {
        /// Users that are known.
        public var users = 0
        /// Users that were forgotten to stay within the memory.
        public var forgotten = 0
        /// The estimate of the memory in use.
        public var bytes = 0
    }

    private final class Shard: Sendable {
        let users: Mutex<ActivityShard>
        init(_ configuration: Configuration, bytes: Int) { users = Mutex(ActivityShard(configuration, bytes: bytes)) }
    }

    private static let shardCount = 64
    private let shards: [Shard]
    private let contacts: Int

    /// Knows nobody yet.
    public init(_ configuration: Configuration = Configuration()) {
        contacts = configuration.contacts
        shards = (0..<Self.shardCount).map { _ in
            Shard(configuration, bytes: configuration.bytes / Self.shardCount)
        }
    }

    /// Takes in an event. O(1), and O(late contacts) for an event that comes after younger ones.
    public func record(_ event: Event) { shard(of: event.user).users.withLock { $0.record(event) } }

    /// What `user` did lately; nothing for a user without events. O(contacts).
    public func activity(of user: String) -> UserActivity {
        let found = shard(of: user).users.withLock { $0.contacts(of: user) }
        guard let found else { return UserActivity() }
        var counts: [Event.Kind: Int] = [:]
        for kind in Event.Kind.allCases {
            let count = Int(found.counts[kind.number])
            if count > 0 { counts[kind] = count }
        }
        return UserActivity(recent: found.recent.suffix(contacts).reversed(), counts: counts)
    }

    /// The items that `user` was shown or touched lately. O(seen).
    public func seen(by user: String) -> SeenItems {
        SeenItems(hashes: Set(shard(of: user).users.withLock { $0.seen(by: user) }))
    }

    /// The time of the user's youngest event, in microseconds since 1970; nil for a user without events.
    public func lastTime(of user: String) -> Int64? { shard(of: user).users.withLock { $0.lastTime(of: user) } }

    /// What is kept now. O(shards).
    public var status: Status {
        shards.reduce(into: Status()) { status, shard in
            shard.users.withLock { users in
                status.users += users.count
                status.forgotten += users.forgotten
                status.bytes += users.bytes
            }
        }
    }

    private func shard(of user: String) -> Shard {
        var user = user
        let hash = user.withUTF8 { XXHash64.hash(UnsafeRawBufferPointer($0)) }
        return shards[Int(truncatingIfNeeded: hash & UInt64(Self.shardCount - 1))]
    }
}

/// Items that a user was shown or touched, as hashes: an item that was not is taken for one that was with probability
/// 3 · 10⁻¹⁷.
public struct SeenItems: Sendable {
    let hashes: Set<UInt64>

    /// How many items there are.
    public var count: Int { hashes.count }

    /// Whether the item is among them. O(1).
    public func contains(_ item: String) -> Bool { !hashes.isEmpty && hashes.contains(RecentIDs.hash(item)) }
}
