import Core
import FoundationEssentials

/// Publishes a shop's lists in versions: each is written beside the live one, verified, and made live by one switch.
///
/// A publisher that dies or fails at any moment leaves the live version as it was; the next one clears what was left.
/// Publishers of one shop exclude each other by a lock in the store.
public final class ListPublisher: Sendable {
    /// The store that versions are written to.
    public let store: any KeyValueStore
    /// The shop's name: ASCII letters, digits, `.`, `_` and `-`.
    public let shop: String
    let names: ListNames
    /// The present, in seconds since 1970.
    let now: @Sendable () -> Int64

    /// Makes a publisher.
    ///
    /// - Parameters:
    ///   - store: where versions are written.
    ///   - shop: the shop's name.
    ///   - now: the present, in seconds since 1970.
    public init(
        store: any KeyValueStore, shop: String,
        now: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970) }
    ) {
        self.store = store
        self.now = now
        self.shop = shop
        names = ListNames(shop: shop)
    }

    /// Begins a new version.
    ///
    /// - Parameters:
    ///   - manifest: which model made the lists, and when; counts are filled in at the commit.
    ///   - catalogue: the items that lists refer to by place.
    /// - Throws: `busy` if someone else publishes this shop's lists now; `outOfSpace`, `unavailable`, `unauthorized`.
    public func begin(manifest: ListManifest, catalogue: [CatalogueItem]) async throws -> VersionWriter {
        try names.check()
        let lock = try await store.lock(names.lock)
        do {
            try await removeLeftovers()
            var manifest = manifest
            manifest.version = (try await knownVersions().max() ?? 0) + 1
            let namespace = try await store.create(namespace: names.namespace(manifest.version))
            let writer = VersionWriter(
                publisher: self, lock: lock, namespace: namespace, manifest: manifest, itemCount: catalogue.count)
            do {
                try await writer.writeCatalogue(catalogue)
            } catch {
                await writer.abort()
                throw error
            }
            return writer
        } catch {
            await lock.release()
            throw error
        }
    }

    /// Makes the version live again that was live before, and returns it.
    ///
    /// - Throws: `notFound` if there is none, `busy` if someone publishes now.
    public func rollback() async throws -> PublishedVersion {
        try names.check()
        let lock = try await store.lock(names.lock)
        do {
            let version = try await rollbackLocked()
            await lock.release()
            return version
        } catch {
            await lock.release()
            throw error
        }
    }

    private func rollbackLocked() async throws -> PublishedVersion {
        guard let live = try await live() else {
            throw MartletError(
                .notFound, "nothing is published for '\(shop)' in \(store.summary)",
                hint: "publish first: martlet publish")
        }
        var history = live.history
        while let earlier = history.popLast() {
            guard let manifest = try await manifest(earlier.version) else { continue }
            let switched = LiveVersion(version: earlier.version, since: now(), history: history)
            try await store.setPointer(names.live, to: switched.encoded)
            return PublishedVersion(version: earlier.version, manifest: manifest, isLive: true)
        }
        throw MartletError(
            .notFound, "there is no version before v\(live.version) of '\(shop)' in \(store.summary)",
            hint: "it was removed, or v\(live.version) is the first; keep more old versions with publish.keep")
    }

    /// All complete versions, the oldest first.
    public func versions() async throws -> [PublishedVersion] {
        try names.check()
        let live = try await live()?.version
        var found: [PublishedVersion] = []
        for name in try await store.pointers(prefix: names.manifestPrefix) {
            guard let version = names.version(manifest: name), let manifest = try await manifest(version) else {
                continue
            }
            found.append(PublishedVersion(version: version, manifest: manifest, isLive: version == live))
        }
        return found.sorted { $0.version < $1.version }
    }

    /// Removes old versions and returns their numbers. The live version always stays, and so do those after it.
    ///
    /// - Parameters:
    ///   - keep: how many versions stay besides the live one, the newest of them.
    ///   - age: versions that were live within the last so many seconds stay, so that readers that still use one can
    ///     finish.
    /// - Throws: `busy` if someone publishes now.
    @discardableResult
    public func prune(keep: Int, olderThan age: Double) async throws -> [Int] {
        try names.check()
        let lock = try await store.lock(names.lock)
        do {
            var removed: [Int] = []
            let versions = try await versions()
            if let live = try await live() {
                for old in versions.filter({ $0.version < live.version }).dropLast(max(0, keep)) {
                    let until = live.history.last { $0.version == old.version }?.until ?? live.since
                    guard Double(now() - until) >= age else { continue }
                    // The manifest goes first: without it the rest is a leftover that any later publish clears.
                    try await store.setPointer(names.manifest(old.version), to: nil)
                    try await store.drop(namespace: names.namespace(old.version))
                    removed.append(old.version)
                }
            }
            await lock.release()
            return removed
        } catch {
            await lock.release()
            throw error
        }
    }

    // MARK: - Pieces

    func live() async throws -> LiveVersion? {
        try await store.pointer(names.live).map { try LiveVersion(decoding: $0, shop: shop) }
    }

    func manifest(_ version: Int) async throws -> ListManifest? {
        try await store.pointer(names.manifest(version)).map {
            try ListManifest(decoding: $0, name: names.manifest(version))
        }
    }

    /// Numbers that were given out: of complete versions, of the live one, and of those that the history remembers.
    private func knownVersions() async throws -> [Int] {
        let live = try await live()
        let manifests = try await store.pointers(prefix: names.manifestPrefix).compactMap(names.version(manifest:))
        return manifests + (live.map { $0.history.map(\.version) + [$0.version] } ?? [])
    }

    /// Drops namespaces without a manifest: a publisher died while it wrote them, or was removing them.
    private func removeLeftovers() async throws {
        let complete = Set(try await store.pointers(prefix: names.manifestPrefix).compactMap(names.version(manifest:)))
        for namespace in try await store.namespaces() {
            guard let version = names.version(namespace: namespace), !complete.contains(version) else { continue }
            try await store.drop(namespace: namespace)
        }
    }
}
