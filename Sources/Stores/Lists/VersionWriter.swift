import Core

/// Writes one version's lists, then verifies them and makes them live.
///
/// Every id may be written once. End with ``commit()`` or ``abort()``: until then the shop's lock is held.
public actor VersionWriter {
    /// The version's number.
    public nonisolated let version: Int
    private let publisher: ListPublisher
    private let lock: any StoreLock
    private let namespace: any NamespaceWriter
    private var manifest: ListManifest
    private var checksum = StoreChecksum()
    private var segments: [String] = []
    private var batch = KeyValueBatch()
    /// Batches on their way to the store: the next one is encoded meanwhile.
    private var pending: [Task<Void, any Error>] = []
    private var isEnded = false

    /// As many batches are on their way at most.
    private static let pendingLimit = 3
    /// A batch goes to the store when it has this many entries or bytes.
    private static let batchEntries = 8192
    private static let batchBytes = 2 << 20

    init(
        publisher: ListPublisher, lock: any StoreLock, namespace: any NamespaceWriter, manifest: ListManifest,
        itemCount: Int
    ) {
        self.publisher = publisher
        self.lock = lock
        self.namespace = namespace
        self.manifest = manifest
        self.manifest.items = itemCount
        version = manifest.version
    }

    /// Writes the lists of users.
    ///
    /// - Throws: `outOfSpace`, `unavailable`; the version can then only be aborted.
    public func writeUsers(_ lists: [(id: String, list: ListEntry)]) async throws {
        try await write(lists, prefix: ListKey.user)
        manifest.users += lists.count
    }

    /// Writes lists of users as a batch search returns them.
    ///
    /// - Parameters:
    ///   - ids: `N` ids.
    ///   - items: `[N, k]` places in the catalogue, a list after the other; negative places at a list's end pad it.
    ///   - scores: `[N, k]` scores.
    /// - Throws: `outOfSpace`, `unavailable`; the version can then only be aborted.
    public func writeUsers(ids: [String], items: [Int32], scores: [Float]) async throws {
        try await write(ids: ids, items: items, scores: scores, prefix: ListKey.user)
        manifest.users += ids.count
    }

    /// Writes lists of items similar to the item with the given id.
    public func writeSimilar(_ lists: [(id: String, list: ListEntry)]) async throws {
        try await write(lists, prefix: ListKey.similar)
        manifest.similar += lists.count
    }

    /// Writes lists of similar items as a batch search returns them; see ``writeUsers(ids:items:scores:)``.
    public func writeSimilar(ids: [String], items: [Int32], scores: [Float]) async throws {
        try await write(ids: ids, items: items, scores: scores, prefix: ListKey.similar)
        manifest.similar += ids.count
    }

    /// Writes the lists of segments, for users who have none of their own; the segment `""` is everyone's.
    public func writeFallbacks(_ lists: [(segment: String, list: ListEntry)]) async throws {
        try await write(lists.map { ($0.segment, $0.list) }, prefix: ListKey.fallback)
        segments += lists.map(\.segment)
        manifest.fallbacks += lists.count
    }

    func writeCatalogue(_ items: [CatalogueItem]) async throws {
        for (index, chunk) in Catalogue.chunks(of: items).enumerated() {
            batch.append(key: ListKey.catalogue(chunk: index), value: chunk)
            try await sendIfFull()
        }
    }

    /// Verifies what the store holds, entry by entry, and makes it the live version.
    ///
    /// - Returns: the version as published.
    /// - Throws: `corrupted` if the store does not hold what was written, `invalidData` if two lists had one id,
    ///   `busy` if the shop's lock was lost, `outOfSpace`, `unavailable`. The live version is then the one from before,
    ///   and what this writer wrote is removed.
    public func commit() async throws -> PublishedVersion {
        precondition(!isEnded, "a version is committed once")
        do {
            let published = try await finishAndSwitch()
            isEnded = true
            await lock.release()
            return published
        } catch {
            await abort()
            throw error
        }
    }

    private func finishAndSwitch() async throws -> PublishedVersion {
        let names = JSONValue.array(segments.sorted().map { .string($0) })
        batch.append(key: ListKey.segments, value: Array(names.description.utf8))
        try await drain()
        try await namespace.finish()
        manifest.entries = checksum.count
        manifest.checksum = checksum.text
        try await verify()
        try await lock.confirm()

        let store = publisher.store
        try await store.setPointer(publisher.names.manifest(version), to: manifest.encoded)
        let now = publisher.now()
        let live =
            try await publisher.live()?.switched(to: version, now: now) ?? LiveVersion(version: version, since: now)
        try await store.setPointer(publisher.names.live, to: live.encoded)
        return PublishedVersion(version: version, manifest: manifest, isLive: true)
    }

    private func verify() async throws {
        let stored = try await StoreChecksum(of: publisher.store.open(namespace: namespace.name))
        if stored.count < checksum.count {
            throw MartletError(
                .invalidData,
                "\(checksum.count) entries were written and \(publisher.store.summary) holds \(stored.count)",
                hint: "two lists under one id, or a server that lost writes: check that ids are unique, publish again")
        }
        guard stored == checksum else {
            throw MartletError(
                .corrupted,
                "\(publisher.store.summary) does not hold what was written to it (\(checksum.count) "
                    + "entries with checksum \(checksum.text), found \(stored.count) with \(stored.text))",
                hint: "publish again; if it happens again, check the disk or the server's memory")
        }
    }

    /// Ends without publishing: what was written is removed, the live version is untouched. Once committed, this does
    /// nothing.
    public func abort() async {
        guard !isEnded else { return }
        isEnded = true
        for task in pending { _ = try? await task.value }
        pending.removeAll()
        // A failed commit may have left the manifest; without it the namespace is a leftover whatever happens next.
        if (try? await publisher.live()?.version) != version {
            try? await publisher.store.setPointer(publisher.names.manifest(version), to: nil)
            await namespace.cancel()
        }
        await lock.release()
    }

    // MARK: - Batches

    private func write(_ lists: [(id: String, list: ListEntry)], prefix: [UInt8]) async throws {
        for (id, list) in lists {
            list.items.withUnsafeBufferPointer { items in
                list.scores.withUnsafeBufferPointer { scores in
                    add(prefix: prefix, id: id, items: items, scores: scores)
                }
            }
            try await sendIfFull()
        }
    }

    private func write(ids: [String], items: [Int32], scores: [Float], prefix: [UInt8]) async throws {
        precondition(items.count == scores.count, "lists have one score an item")
        guard !ids.isEmpty else { return }
        let k = items.count / ids.count
        precondition(items.count == k * ids.count, "every id has k items")
        for (index, id) in ids.enumerated() {
            items.withUnsafeBufferPointer { items in
                scores.withUnsafeBufferPointer { scores in
                    let row = index * k..<(index + 1) * k
                    let length = items[row].firstIndex { $0 < 0 }.map { $0 - row.lowerBound } ?? k
                    let list = UnsafeBufferPointer(rebasing: items[row].prefix(length))
                    list.withMemoryRebound(to: UInt32.self) { places in
                        add(
                            prefix: prefix, id: id, items: places,
                            scores: UnsafeBufferPointer(rebasing: scores[row].prefix(length)))
                    }
                }
            }
            try await sendIfFull()
        }
    }

    private func add(
        prefix: [UInt8], id: String, items: UnsafeBufferPointer<UInt32>, scores: UnsafeBufferPointer<Float>
    ) {
        batch.append { bytes in
            bytes.append(contentsOf: prefix)
            bytes.append(contentsOf: id.utf8)
        } value: { bytes in
            ListEntry.append(items: items, scores: scores, to: &bytes)
        }
    }

    private func sendIfFull() async throws {
        if batch.count >= Self.batchEntries || batch.byteCount >= Self.batchBytes { try await send() }
    }

    /// Waits until the store has accepted everything written so far.
    func drain() async throws {
        try await send()
        while !pending.isEmpty { try await pending.removeFirst().value }
    }

    private func send() async throws {
        guard !batch.isEmpty else { return }
        checksum.add(batch)
        let full = batch
        batch = KeyValueBatch()
        batch.reserve(entries: full.count, bytes: full.byteCount)
        if pending.count >= Self.pendingLimit { try await pending.removeFirst().value }
        pending.append(Task { [namespace] in try await namespace.write(full) })
    }
}
