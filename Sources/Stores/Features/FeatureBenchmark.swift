import Core

/// Reads made-up features again and again: Martlet's side of the race in `Benchmarks/features`.
public struct FeatureBenchmark: Sendable {
    /// What was measured.
    public struct Result: Codable, Sendable {
        /// Entities of one request.
        public var entities: Int
        /// Features of each entity.
        public var features: Int
        /// Requests that were timed.
        public var requests: Int
        /// Half of the requests took less, in milliseconds.
        public var medianMilliseconds: Double
        /// One request in a hundred took longer, in milliseconds.
        public var p99Milliseconds: Double
        /// Features that were read and had the value that was written.
        public var verified: Int
    }

    /// The view whose features are read; Feast's side of the race declares the same.
    public static func view(features: Int) -> FeatureView {
        FeatureView(
            name: "bench", entities: [FeatureEntity(name: "user", joinKey: "user_id", type: .int64)],
            fields: (0..<features).map { FeatureField("f\($0)", .float) })
    }

    /// Writes features of `known` entities of project `bench`, then reads `entities` of them at a time, one request
    /// after the other.
    ///
    /// - Throws: what the store throws, `corrupted` if a value is another than was written.
    public static func run(store: any OnlineStore, known: Int, entities: Int, features: Int, requests: Int) async throws
        -> Result
    {
        let view = view(features: features)
        let definitions = FeatureDefinitions(project: "bench", entities: view.entities, views: [view])
        let front = FeatureStore(definitions, online: store)
        for start in stride(from: 0, to: known, by: 1000) {
            let rows = (start..<min(start + 1000, known)).map { user in
                OnlineRow(
                    key: view.key([.int64(Int64(user))], project: definitions.project),
                    timestamp: FeatureTimestamp(seconds: 1_700_000_000),
                    values: (0..<features).map { .float(value(user, $0)) })
            }
            _ = try await front.write(rows, view: view)
        }
        let plan = try front.plan([view.name])
        var random = RandomSource(seed: 7)
        var times: [Double] = []
        var verified = 0
        let clock = ContinuousClock()
        for request in 0..<(requests + requests / 10) {
            let users = (0..<entities).map { _ in Int(random.next() % UInt64(known)) }
            let began = clock.now
            let answer = try await front.features(plan, entities: ["user_id": users.map { .int64(Int64($0)) }])
            let duration = clock.now - began
            if let failure = answer.failure { throw failure }
            // The first tenth warms up.
            guard request >= requests / 10 else { continue }
            times.append(Double(duration.components.seconds) * 1e3 + Double(duration.components.attoseconds) / 1e15)
            for (feature, column) in answer.columns.enumerated() {
                let row = request % entities
                guard column.values[row] == .float(value(users[row], feature)) else {
                    throw MartletError(.corrupted, "\(store.summary) gave another value than was written")
                }
                verified += 1
            }
        }
        times.sort()
        return Result(
            entities: entities, features: features, requests: requests, medianMilliseconds: times[times.count / 2],
            p99Milliseconds: times[min(times.count - 1, times.count * 99 / 100)], verified: verified)
    }

    private static func value(_ user: Int, _ feature: Int) -> Float { Float(user) + Float(feature) / 64 }
}
