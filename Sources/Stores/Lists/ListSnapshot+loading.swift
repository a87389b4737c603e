import Core

extension ListCopy {
    /// Reads the catalogue and the fallbacks of a version.
    ///
    /// - Throws: `notFound` if the version is not in the store, `corrupted` if parts of it are missing.
    init(version: Int, since: Int64, namespace: any NamespaceReader, manifest: ListManifest, publisher: ListPublisher)
        async throws
    {
        let chunkCount = (manifest.items + Catalogue.chunkSize - 1) / Catalogue.chunkSize
        chunks = try await namespace.get((0..<chunkCount).map(ListKey.catalogue(chunk:))).map { $0 ?? [] }
        guard let stored = try await namespace.get(ListKey.segments) else { throw Self.incomplete(version, publisher) }
        segments =
            try JSONValue(parsing: String(decoding: stored, as: UTF8.self), source: "the list of segments")
            .array?.compactMap(\.string) ?? []
        let lists = try await namespace.get(segments.map(ListKey.fallback))
        guard !lists.contains(where: { $0 == nil }) else { throw Self.incomplete(version, publisher) }
        fallbacks = lists.compactMap(\.self)
        self.manifest = manifest
        self.since = since
    }

    private static func incomplete(_ version: Int, _ publisher: ListPublisher) -> MartletError {
        MartletError(
            .corrupted, "v\(version) of '\(publisher.shop)' in \(publisher.store.summary) is incomplete",
            hint: "roll back or publish again: martlet rollback, martlet publish")
    }
}

extension ListSnapshot {
    /// Opens a version and loads its catalogue and fallbacks.
    ///
    /// - Parameter copy: takes what was loaded, as it is stored.
    /// - Throws: `notFound` if the version is not in the store, `corrupted` if parts of it are missing.
    static func load(
        _ live: LiveVersion, publisher: ListPublisher, copy: (ListCopy) -> Void = { _ in },
        confirm: @escaping @Sendable () async throws -> Void
    ) async throws -> ListSnapshot {
        guard let manifest = try await publisher.manifest(live.version) else {
            throw MartletError(
                .notFound, "v\(live.version) of '\(publisher.shop)' is not in \(publisher.store.summary)",
                hint: "martlet publish writes a new version")
        }
        let namespace = try await publisher.store.open(namespace: publisher.names.namespace(live.version))
        let parts = try await ListCopy(
            version: live.version, since: live.since, namespace: namespace, manifest: manifest, publisher: publisher)
        let snapshot = try ListSnapshot(parts, namespace: namespace, confirm: confirm)
        copy(parts)
        return snapshot
    }

    /// Puts a version together of what is held in memory and of where the rest is.
    ///
    /// - Throws: `corrupted` if the catalogue or a list cannot be read.
    init(_ parts: ListCopy, namespace: any NamespaceReader, confirm: @escaping @Sendable () async throws -> Void) throws
    {
        var fallbacks: [String: ListEntry] = [:]
        for (segment, list) in zip(parts.segments, parts.fallbacks) {
            fallbacks[segment] = try ListEntry(decoding: list)
        }
        self.init(
            manifest: parts.manifest, catalogue: try Catalogue(chunks: parts.chunks, count: parts.manifest.items),
            fallbacks: fallbacks, since: parts.since, namespace: namespace, confirm: confirm)
    }
}
