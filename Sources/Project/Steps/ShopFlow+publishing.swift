import Core
import Features
import Flow
import Pipeline
import Stores

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension ShopFlow {
    /// Lists a batch when writing to the store.
    private static let block = 8192

    /// Lists into the store as a new version, checked, and made live by one switch.
    func publish() -> Step {
        let project = project
        let sources = project.evaluation.refits ? [SplitUse.everything.rawValue] : [SplitUse.selection.rawValue]
        var parameters: [String: JSONValue] = [
            "shop": .string(project.name), "store": .string(project.publishing.store.summary),
        ]
        parameters["vectors"] = project.pipeline?.index.serverSummary.map { .string($0) }
        return Step(
            "publish", dependencies: ["recommend", "select", "evaluate", "gate"] + sources + bundleSources,
            parameters: .object(parameters),
            validity: { try await Self.isLive($0.value, project: project) }
        ) { context in
            let made = try context.value(of: "recommend")
            let dataset = try context.input(made["dataset"]?.string ?? "", "dataset")
            let data = try InteractionDataset.open(dataset)
            let folder = try context.input("recommend", "lists")
            let store = try await project.publishing.store.open(readOnly: false)
            do {
                let version = try await Self.publish(
                    data: data, folder: folder, segments: made["segments"]?.array?.compactMap(\.string) ?? [],
                    manifest: Self.manifest(project, context: context), project: project, store: store,
                    progress: context.progress
                ) { version in
                    try await Self.publishBundle(
                        version: version, dataset: dataset, lists: folder, project: project, context: context)
                }
                context.setValue([
                    "version": .integer(Int64(version.version)), "lists": .integer(Int64(version.manifest.lists)),
                    "users": .integer(Int64(version.manifest.users)), "checksum": .string(version.manifest.checksum),
                ])
                await store.close()
            } catch {
                await store.close()
                throw error
            }
        }
    }

    private static func isLive(_ value: JSONValue, project: ProjectConfiguration) async throws -> Bool {
        guard let store = try? await project.publishing.store.open(readOnly: true) else { return false }
        let versions = try? await ListPublisher(store: store, shop: project.name).versions()
        await store.close()
        guard let version = value["version"]?.integer,
            versions?.contains(where: { $0.isLive && $0.version == version }) ?? false
        else { return false }
        guard let pipeline = project.pipeline else { return true }
        let bundles = project.publishing.bundleStore
        guard bundles.versions.contains(Int(version)) else { return false }
        return await pipeline.hasVectors(of: bundles.path(version: Int(version)))
    }

    private static func manifest(_ project: ProjectConfiguration, context: StepContext) throws -> ListManifest {
        let winner = try context.value(of: "select")["winner"]?.string ?? ""
        var metrics: [String: Double] = [:]
        for model in try context.value(of: "evaluate")["models"]?.array ?? [] where model["name"]?.string == winner {
            metrics = (model["metrics"]?.object ?? [:]).compactMapValues(\.number)
        }
        return ListManifest(
            model: winner, modelVersion: context.run, created: Int64(time(nil)), k: project.recommendation.k,
            metrics: metrics)
    }

    private static func publish(
        data: InteractionDataset, folder: String, segments: [String], manifest: ListManifest,
        project: ProjectConfiguration, store: any KeyValueStore, progress: any ProgressReporting,
        bundle: (_ version: Int) async throws -> Void
    ) async throws -> PublishedVersion {
        let publisher = ListPublisher(store: store, shop: project.name)
        let writer = try await publisher.begin(manifest: manifest, catalogue: try ShopCatalogue(data).items())
        do {
            let users = try ListTable("\(folder)/users")
            progress.begin("publish")
            try await write(users, ids: data.users, progress: progress) { try await writer.writeUsers($0) }
            try await write(ListTable("\(folder)/similar"), ids: data.items, progress: SilentProgress()) {
                try await writer.writeSimilar($0)
            }
            let fallbacks = try ListTable("\(folder)/fallbacks")
            try await writer.writeFallbacks(
                zip(segments, 0..<fallbacks.count).compactMap { segment, row in
                    // The codes of null and of unknown values are no segment that a caller could name.
                    segment.isEmpty && row > 0 ? nil : fallbacks.list(row).map { (segment: segment, list: $0) }
                })
            // Before the switch, which turns lists and bundle together.
            try await bundle(writer.version)
            let version = try await writer.commit()
            if let copy = project.publishing.listCopy {
                // What the next server starts from, should the store be away then.
                _ = try? await ListReader(store: store, shop: project.name, copy: copy).refresh()
            }
            progress.end("publish", summary: "version \(version.version), \(version.manifest.lists) lists")
            _ = try await publisher.prune(
                keep: project.publishing.keep, olderThan: project.publishing.removeAfter)
            if let pipeline = project.pipeline {
                let kept = Set(try await publisher.versions().map(\.version))
                let bundles = project.publishing.bundleStore
                let old = bundles.vectorNames(of: bundles.versions.filter { !kept.contains($0) })
                bundles.prune(keeping: kept)
                await pipeline.removeVectors(old)
            }
            return version
        } catch {
            await writer.abort()
            throw error
        }
    }

    private static func write(
        _ table: ListTable, ids: Entities, progress: any ProgressReporting,
        _ send: ([(id: String, list: ListEntry)]) async throws -> Void
    ) async throws {
        for start in stride(from: 0, to: table.count, by: block) {
            let end = min(start + block, table.count)
            try await send((start..<end).compactMap { row in table.list(row).map { (id: ids.id(row), list: $0) } })
            progress.update("publish", done: end, total: table.count, unit: "lists", note: "")
        }
    }
}
