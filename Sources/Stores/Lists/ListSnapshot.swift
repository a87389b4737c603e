import Core

/// One published version as a reader sees it: whatever is published meanwhile, all answers come from this version.
///
/// Catalogue and fallbacks are in memory; users' lists and similar items come from the store.
public struct ListSnapshot: Sendable {
    /// What the version is.
    public let manifest: ListManifest
    /// The items that lists refer to by place.
    public let catalogue: Catalogue
    /// The fallback of each segment.
    public let fallbacks: [String: ListEntry]
    /// Since when the version is live, in seconds since 1970: tells it from one of the same number in a store that was
    /// emptied meanwhile.
    package internal(set) var since: Int64 = 0
    /// Whether the version comes from a copy on the disk, because the store was away: it has no lists but the fallbacks.
    package internal(set) var isCopy = false
    let namespace: any NamespaceReader
    /// Throws if the version was removed from the store.
    let confirm: @Sendable () async throws -> Void

    /// The version's number.
    public var version: Int { manifest.version }

    /// The list of a user, or nil if the user has none.
    ///
    /// - Throws: `unavailable` if the store cannot be reached in time, `notFound` if the version was removed from under
    ///   a reader that missed the switch, `corrupted` if the stored bytes are damaged.
    public func list(user: String) async throws -> ListEntry? { try await entry(ListKey.user(user)) }

    /// Hands the list of a user to `body` where the store holds it, without a copy where the store can lend its memory.
    ///
    /// - Returns: whether the user has a list. Throws as ``list(user:)`` does, and what `body` throws.
    package func read(user: String, _ body: (StoredList) throws -> Void) async throws -> Bool {
        try await read(ListKey.user(user), body)
    }

    /// Hands the items similar to an item to `body`, as ``read(user:_:)`` does with a user's list.
    package func read(similarTo item: String, _ body: (StoredList) throws -> Void) async throws -> Bool {
        try await read(ListKey.similar(item), body)
    }

    /// The lists of users, in their order; nil for a user who has none. Throws as ``list(user:)`` does.
    public func lists(users: [String]) async throws -> [ListEntry?] {
        let values = try await namespace.get(users.map(ListKey.user))
        if values.contains(where: { $0 == nil }) { try await confirm() }
        return try values.map { try $0.map(ListEntry.init(decoding:)) }
    }

    /// The items similar to an item, or nil if it has no such list. Throws as ``list(user:)`` does.
    public func similar(item: String) async throws -> ListEntry? { try await entry(ListKey.similar(item)) }

    /// The list of a segment, or everyone's (segment `""`) if the segment is unknown or nil; nil if nothing was
    /// published for either. From memory: works while the store is down.
    public func fallback(segment: String? = nil) -> ListEntry? {
        segment.flatMap { fallbacks[$0] } ?? fallbacks[""]
    }

    private func entry(_ key: [UInt8]) async throws -> ListEntry? {
        var entry: ListEntry?
        _ = try await read(key) { entry = ListEntry($0) }
        return entry
    }

    private func read(_ key: [UInt8], _ body: (StoredList) throws -> Void) async throws -> Bool {
        if try await namespace.read(key, { try body(StoredList($0)) }) { return true }
        try await confirm()
        return false
    }
}
