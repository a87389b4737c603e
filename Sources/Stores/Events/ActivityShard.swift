/// The users of one shard of ``LiveActivity``, those with the youngest events first.
struct ActivityShard {
    private struct User {
        var id: String
        /// In the order of time, youngest last.
        var contacts: [UserActivity.Contact] = []
        var counts = SIMD8<UInt32>()
        var lastTime = Int64.min
        /// A ring of hashes of items.
        var seen: [UInt64] = []
        var nextSeen = 0
        /// Bytes of texts that do not lie within the structures.
        var textBytes = 0
        /// Neighbours in the order of the last event.
        var younger: Int32 = -1
        var older: Int32 = -1

        /// The memory that the user takes, with the share in the index.
        var bytes: Int {
            320 + textBytes + contacts.capacity * MemoryLayout<UserActivity.Contact>.stride + seen.capacity * 8
        }
    }

    private let configuration: LiveActivity.Configuration
    private let mostBytes: Int
    private var index: [String: Int32] = [:]
    private var users: [User] = []
    private var free: [Int32] = []
    private var youngest: Int32 = -1
    private var oldest: Int32 = -1
    /// Users that were forgotten.
    private(set) var forgotten = 0
    /// The estimate of the memory in use.
    private(set) var bytes = 0

    init(_ configuration: LiveActivity.Configuration, bytes: Int) {
        self.configuration = configuration
        mostBytes = bytes
    }

    /// Users that are known.
    var count: Int { index.count }

    /// The contacts, oldest first, and the counts by kind.
    func contacts(of user: String) -> (recent: [UserActivity.Contact], counts: SIMD8<UInt32>)? {
        index[user].map { (users[Int($0)].contacts, users[Int($0)].counts) }
    }

    func seen(by user: String) -> [UInt64] { index[user].map { users[Int($0)].seen } ?? [] }

    func lastTime(of user: String) -> Int64? { index[user].map { users[Int($0)].lastTime } }

    mutating func record(_ event: Event) {
        let slot: Int32
        if let known = index[event.user] {
            slot = known
            unlink(slot)
        } else {
            slot = add(event.user)
        }
        linkAsYoungest(slot)
        bytes -= users[Int(slot)].bytes
        Self.take(event, into: &users[Int(slot)], configuration)
        bytes += users[Int(slot)].bytes
        while bytes > mostBytes, oldest != youngest { forget(oldest) }
    }

    private static func take(_ event: Event, into user: inout User, _ configuration: LiveActivity.Configuration) {
        user.counts[event.kind.number] &+= 1
        user.lastTime = max(user.lastTime, event.time)
        if configuration.seen > 0 {
            let hash = RecentIDs.hash(event.item)
            if !user.seen.contains(hash) {
                if user.seen.count < configuration.seen {
                    user.seen.append(hash)
                } else {
                    user.seen[user.nextSeen] = hash
                    user.nextSeen = (user.nextSeen + 1) % configuration.seen
                }
            }
        }
        guard event.kind != .impression, configuration.contacts > 0 else { return }
        var place = user.contacts.count
        while place > 0, user.contacts[place - 1].time > event.time { place -= 1 }
        user.contacts.insert(.init(item: event.item, kind: event.kind, time: event.time), at: place)
        user.textBytes += heapBytes(event.item)
        // Some more are kept than are shown, so that moving the rest down is rare.
        if user.contacts.count > configuration.contacts + configuration.contacts / 4 {
            let surplus = user.contacts.count - configuration.contacts
            for contact in user.contacts.prefix(surplus) { user.textBytes -= heapBytes(contact.item) }
            user.contacts.removeFirst(surplus)
        }
    }

    /// Texts of up to 15 bytes lie within a `String`.
    private static func heapBytes(_ text: String) -> Int { text.utf8.count > 15 ? text.utf8.count + 32 : 0 }

    private mutating func add(_ id: String) -> Int32 {
        var user = User(id: id)
        user.textBytes = Self.heapBytes(id)
        bytes += user.bytes
        let slot: Int32
        if let reused = free.popLast() {
            slot = reused
            users[Int(slot)] = user
        } else {
            slot = Int32(users.count)
            users.append(user)
        }
        index[id] = slot
        return slot
    }

    private mutating func forget(_ slot: Int32) {
        unlink(slot)
        bytes -= users[Int(slot)].bytes
        index[users[Int(slot)].id] = nil
        users[Int(slot)] = User(id: "")
        free.append(slot)
        forgotten += 1
    }

    private mutating func unlink(_ slot: Int32) {
        let (younger, older) = (users[Int(slot)].younger, users[Int(slot)].older)
        if younger >= 0 { users[Int(younger)].older = older } else if youngest == slot { youngest = older }
        if older >= 0 { users[Int(older)].younger = younger } else if oldest == slot { oldest = younger }
        users[Int(slot)].younger = -1
        users[Int(slot)].older = -1
    }

    private mutating func linkAsYoungest(_ slot: Int32) {
        users[Int(slot)].older = youngest
        if youngest >= 0 { users[Int(youngest)].younger = slot }
        youngest = slot
        if oldest < 0 { oldest = slot }
    }
}

extension Event.Kind {
    /// The kind's place in arrays of counts.
    package var number: Int {
        switch self {
        case .view: 0
        case .cart: 1
        case .purchase: 2
        case .impression: 3
        case .click: 4
        }
    }
}
