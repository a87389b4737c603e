import Core
import Project
import Stores
import Testing

/// What `feature-store:` may say, and what is said of its faults.
struct FeatureStoreConfigurationTests {
    private func read(_ section: String) throws -> (FeatureStoreConfiguration?, [MartletError]) {
        let diagnostics = Diagnostics()
        let node = try ConfigurationNode(
            yaml: ProjectConfigurationTests.valid + "\n" + section, file: "martlet.yml")
        let project = try ProjectConfiguration(file: node, folder: "shop", diagnostics: diagnostics)
        return (project.featureStore, diagnostics.errors)
    }

    @Test func aWholeSectionIsRead() throws {
        let (section, errors) = try read(
            """
            feature-store:
              online: {kind: redis, url: "redis://127.0.0.1:6380/2", key-ttl: 30d}
              entities:
                user: {join-key: user_id, type: int64}
                item: {}
              views:
                user_stats:
                  entities: [user]
                  source: {table: main.user_stats, timestamp: at, created: written}
                  ttl: 7d
                  fields: {ctr: float, last: string_list}
                pairs: {entities: [user, item], fields: {aff: float}, push: clicks}
              services:
                ranker: [user_stats, pairs:aff]
                live: [user_stats]
              request: live
            """)
        #expect(errors.isEmpty, "\(errors)")
        let definitions = try #require(section).definitions
        #expect(definitions.project == "shop")
        #expect(definitions.entities.map(\.joinKey) == ["user_id", "item"])
        #expect(definitions.views[0].ttl == 604_800 && definitions.views[0].source?.created == "written")
        #expect(definitions.views[0].fields == [.init("ctr", .float), .init("last", .stringList)])
        #expect(definitions.views[1].joinKeys == ["item", "user_id"] && definitions.views[1].pushName == "clicks")
        #expect(section?.online.keyTTL == 2_592_000)
        #expect(section?.requestService == "live")
        guard case .redis(let redis) = section?.online.store.kind else {
            Issue.record("no Redis")
            return
        }
        #expect(redis.database == 2 && redis.timeout == 1)
    }

    @Test func allFaultsAreShownAtOnce() throws {
        let (_, errors) = try read(
            """
            feature-store:
              online: {kind: rediss}
              entities:
                user: {join-key: user_id, type: float}
                item: {}
              views:
                a: {entities: [usr], fields: {ctr: flaot}}
                b: {entities: [user], source: {table: t}, fields: {user_id: int64, x: float}, tll: 3d}
                c: {entities: [user], fields: {x: float}}
                d: {entities: [user, item], fields: {x: float}}
              services:
                s: [c:y]
                both: [d]
              request: both
            """)
        let text = errors.map(\.description).joined(separator: "\n")
        for words in [
            "must be one of rocksdb, redis, memory", "must be one of bytes, string, int32, int64, unix_timestamp",
            "there is no entity 'usr'", "did you mean 'user'?", "did you mean 'float'?",
            "'feature-store.views.b.source.timestamp' is missing",
            "is a join key or a moment", "did you mean 'ttl'?", "there is no feature in view 'c' 'y'",
            "service 'both' is of",
        ] {
            #expect(text.contains(words), "\(words) is missing in\n\(text)")
        }
        let lines = errors.compactMap { $0.location?.line }
        #expect(lines == lines.sorted() && lines.count == errors.count)
    }
}
