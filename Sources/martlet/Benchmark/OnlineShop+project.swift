import Core
import Features
import FoundationEssentials
import Models
import Pipeline
import Project
import Stores
import Tensor

extension OnlineShop {
    /// Writes a project that `martlet serve` answers from: the project file, one published version, its bundle, and the
    /// features in an online store.
    ///
    /// - Parameters:
    ///   - folder: the project's folder, which must not exist.
    ///   - index: what stands under `pipeline.index`, as YAML.
    ///   - store: a Redis server's URL, `rocksdb`, or `bundle`: the features stay in the bundle.
    func publish(to folder: String, index: String, store: String) async throws {
        try FileManager.default.createDirectory(atPath: "\(folder)/work/parts", withIntermediateDirectories: true)
        let project = try writeProject(to: folder, index: index, store: store)
        guard let pipeline = project.pipeline else { preconditionFailure("the project declares a pipeline") }
        let work = "\(folder)/work"
        let data = try dataset(at: "\(work)/dataset")
        try writePeer(data, to: "\(folder)/peer")
        var tower = try ModelRegistry.make(kind: "two-tower", hyperparameters: Self.tower)
        _ = try tower.fit(data, options: TrainingOptions(seed: 1))
        try tower.save(to: "\(work)/retrieval")
        var ranker = try ModelRegistry.make(kind: "dlrm", hyperparameters: Self.ranker)
        _ = try ranker.fit(data, options: TrainingOptions(seed: 1))
        try ranker.save(to: "\(work)/ranking")
        if let vectors = try (tower as? any QueryModel)?.queryTower(data).itemVectors() {
            try AtomicFile.write(to: "\(folder)/peer/item-vectors.f32") { write in
                try vectors.withUnsafeValues { try write(UnsafeRawBufferPointer($0)) }
            }
        }
        let show = (0..<data.items.count).map { ["title": .string("Article \($0)")] as JSONValue }
        let made = try BundleBuilder(data, configuration: pipeline, show: show).write(to: "\(work)/parts", tower: tower)
        try Self.writeNoLists(users: data.users.count, to: "\(work)/lists")
        try await publishVersion(project, data: data, show: show, index: made, work: work)
        if let section = project.featureStore { try await write(section) }
    }

    /// Writes the project file of a shop that is there anew, for another store, and the features into that.
    func writeFeatures(to folder: String, index: String, store: String) async throws {
        if let section = try writeProject(to: folder, index: index, store: store).featureStore {
            try await write(section)
        }
    }

    private func writeProject(to folder: String, index: String, store: String) throws -> ProjectConfiguration {
        try AtomicFile.write(Array(Self.yaml(index: index, store: store).utf8), to: "\(folder)/martlet.yml")
        return try ProjectRunner.configuration(folder).project
    }

    private func publishVersion(
        _ project: ProjectConfiguration, data: InteractionDataset, show: [JSONValue], index: IndexSummary?, work: String
    ) async throws {
        let store = try await project.publishing.store.open(readOnly: false)
        let created = Int64(Date().timeIntervalSince1970)
        let writer = try await ListPublisher(store: store, shop: project.name).begin(
            manifest: ListManifest(model: "two-tower", modelVersion: "bench", created: created, k: 16),
            catalogue: show.enumerated().map { CatalogueItem(id: data.items.id($0), show: $1) })
        let list = ListEntry(items: Array(0..<16), scores: (0..<16).map { -Float($0) })
        try await writer.writeFallbacks([(segment: "", list: list)])
        var manifest = BundleManifest(
            version: writer.version, run: "bench", created: created, dataEnd: data.split.end)
        manifest.tower = .init(name: "two-tower", kind: "two-tower")
        manifest.ranker = .init(name: "dlrm", kind: "dlrm")
        manifest.index = index
        try project.publishing.bundleStore.publish(
            manifest,
            pieces: ["dataset", "parts", "lists", "retrieval", "ranking"].map { ($0, "\(work)/\($0)") })
        _ = try await writer.commit()
        await store.close()
    }

    /// The features of both sides, as the project's views have them.
    private func write(_ section: FeatureStoreConfiguration) async throws {
        let store = FeatureStore(section.definitions, online: try await section.online.open(readOnly: false))
        for (side, values) in [(FeatureGroup.user, userValues), (.item, itemValues)] {
            let view = try section.definitions.view("\(side.rawValue)_features")
            for first in stride(from: 0, to: values.count, by: 1000) {
                let rows = (first..<min(first + 1000, values.count)).map { row in
                    OnlineRow(
                        key: view.key([.string(Self.id(side, row))], project: section.definitions.project),
                        timestamp: FeatureTimestamp(seconds: 1_700_000_000),
                        values: values[row].enumerated().map { place, value in
                            place < Self.codes(side)
                                ? .int64(Int64(value)) : .double(Double(value) / Double(Self.values))
                        })
                }
                _ = try await store.write(rows, view: view)
            }
        }
        await store.online.close()
    }

    /// A table of lists with none in it: the pipeline makes every answer.
    private static func writeNoLists(users: Int, to path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let schema = Schema([
            ColumnSchema("items", .int32, tags: [.list]), ColumnSchema("scores", .float32, tags: [.list]),
        ])
        let bounds = Buffer([Int64](repeating: 0, count: users + 1))
        let writer = try DatasetWriter(path: path + "/users", schema: schema)
        try writer.append(
            Table(
                schema: schema,
                columns: [
                    Column(.int32(Buffer([])), listOffsets: bounds),
                    Column(.float32(Buffer([])), listOffsets: bounds),
                ]))
        _ = try writer.finish()
    }

    private static func yaml(index: String, store: String) -> String {
        var text = """
            name: online
            interactions: {table: interactions, user: user, item: item, time: time}
            users: {table: users, id: id}
            items: {table: items, id: id}
            split: {validation: 2026-01-01, test: 2026-01-02}
            models:
              two-tower: \(tower)
              dlrm: \(ranker)
            pipeline:
              k: 16
              deadline-ms: 1000
              sources: [tower: {take: 100}]
              merge: {limit: 100}
              filters: []
              index: \(index)
              rank: {model: dlrm}
            publish: {store: {kind: rocksdb, path: published}}

            """
        guard store != "bundle" else { return text }
        func fields(_ side: FeatureGroup) -> String {
            names(side).enumerated().map { "\($1): \($0 < codes(side) ? "int64" : "double")" }.joined(separator: ", ")
        }
        let online = store == "rocksdb" ? "{kind: rocksdb, path: features}" : "{kind: redis, url: \"\(store)\"}"
        text += """
            feature-store:
              online: \(online)
              entities:
                user: {join-key: user_id, type: string}
                item: {join-key: item_id, type: string}
              views:
                user_features: {entities: [user], fields: {\(fields(.user))}}
                item_features: {entities: [item], fields: {\(fields(.item))}}
              services: {request: [user_features], items: [item_features]}
              request: request

            """
        // Within one process items' features come with each bundle; users' are read at request time everywhere.
        if store != "rocksdb" { text += "  items: items\n" }
        return text
    }
}
