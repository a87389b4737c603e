import Core

extension ListSnapshot {
    /// Opens a version and loads its catalogue and fallbacks.
    ///
    /// - Throws: `notFound` if the version is not in the store, `corrupted` if parts of it are missing.
    static func load(version: Int, publisher: ListPublisher, confirm: @escaping @Sendable () async throws -> Void)
        async throws -> ListSnapshot
    {
        guard let manifest = try await publisher.manifest(version) else {
            throw MartletError(
                .notFound, "v\(version) of '\(publisher.shop)' is not in \(publisher.store.summary)",
                hint: "martlet publish writes a new version")
        }
        let namespace = try await publisher.store.open(namespace: publisher.names.namespace(version))
        let chunkCount = (manifest.items + Catalogue.chunkSize - 1) / Catalogue.chunkSize
        let chunks = try await namespace.get((0..<chunkCount).map(ListKey.catalogue(chunk:)))
        let catalogue = try Catalogue(chunks: chunks.map { $0 ?? [] }, count: manifest.items)

        guard let stored = try await namespace.get(ListKey.segments) else { throw Self.incomplete(version, publisher) }
        let segments =
            try JSONValue(parsing: String(decoding: stored, as: UTF8.self), source: "the list of segments")
            .array?.compactMap(\.string) ?? []
        let lists = try await namespace.get(segments.map(ListKey.fallback))
        var fallbacks: [String: ListEntry] = [:]
        for (segment, list) in zip(segments, lists) {
            guard let list else { throw Self.incomplete(version, publisher) }
            fallbacks[segment] = try ListEntry(decoding: list)
        }
        return ListSnapshot(
            manifest: manifest, catalogue: catalogue, fallbacks: fallbacks, namespace: namespace, confirm: confirm)
    }

    private static func incomplete(_ version: Int, _ publisher: ListPublisher) -> MartletError {
        MartletError(
            .corrupted, "v\(version) of '\(publisher.shop)' in \(publisher.store.summary) is incomplete",
            hint: "roll back or publish again: martlet rollback, martlet publish")
    }
}
