import Core
import Pipeline
import Serving
import Stores
import Synchronization
import Testing

/// The feature store as the pipeline's reader of users' features.
struct StoredUserFeaturesTests {
    static let user = FeatureEntity(name: "user", joinKey: "user_id", type: .int64)
    static let views = [
        FeatureView(
            name: "slow", entities: [user], fields: [.init("country", .string), .init("since", .unixTimestamp)]),
        FeatureView(name: "fast", entities: [user], fields: [.init("clicks", .int64)], ttl: 60),
    ]
    static let definitions = FeatureDefinitions(
        project: "shop", entities: [user], views: views,
        services: [
            FeatureService(name: "request", features: ["slow", "fast"]),
            FeatureService(name: "pair", features: ["pair"]),
        ])

    @Test func freshFeaturesAreTheUsersColumns() async throws {
        let online = FailingOnlineStore()
        let store = FeatureStore(Self.definitions, online: online, clock: { FeatureTimestamp(seconds: 1000) })
        _ = try await store.push(
            [
                "user_id": [1, 2], "event_timestamp": ["1970-01-01T00:10:00Z", "1970-01-01T00:11:00Z"],
                "country": ["SE", nil], "since": [7, 8],
            ], to: "slow")
        _ = try await store.push(
            [
                "user_id": [1, 2], "event_timestamp": ["1970-01-01T00:16:00Z", "1970-01-01T00:12:00Z"],
                "clicks": [3, 4],
            ], to: "fast")
        let reader = try StoredUserFeatures(store, service: "request")
        let found = try await reader.features(ofUsers: ["2", "anonymous", "1", "99", "2"])
        // Of user 2 the clicks are past their time; "anonymous" is no key, and of 99 nobody knows.
        let second = FreshFeatures(values: ["country": .null, "since": 8_000_000], time: 660_000_000)
        let first = FreshFeatures(values: ["country": "SE", "since": 7_000_000, "clicks": 3], time: 600_000_000)
        #expect(found == [second, nil, first, nil, second])
        online.isDown.store(true, ordering: .relaxed)
        await #expect(throws: MartletError.self) { _ = try await reader.features(ofUsers: ["1"]) }
    }

    @Test func aServiceMustBeOfTheUserAlone() throws {
        let item = FeatureEntity(name: "item", joinKey: "item_id", type: .string)
        var definitions = Self.definitions
        definitions.views.append(
            FeatureView(name: "pair", entities: [Self.user, item], fields: [.init("aff", .float)]))
        let store = FeatureStore(definitions, online: MemoryOnlineStore())
        let refusal = #expect(throws: MartletError.self) { _ = try StoredUserFeatures(store, service: "pair") }
        #expect(refusal?.code == .invalidConfiguration)
    }
}
