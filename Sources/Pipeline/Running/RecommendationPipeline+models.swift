import Core
import Features
import Index
import Models
import Stores
import Tensor

/// The models of a bundle one by one, as somebody asks them who puts the stages together elsewhere.
extension RecommendationPipeline {
    /// The length of the users' and items' vectors; nil if the bundle holds no model that makes any.
    package var vectorWidth: Int? { bundle.tower == nil ? nil : bundle.index?.dimensions }

    /// Whether the bundle holds a model that ranks.
    package var ranks: Bool { scorer != nil }

    /// The vectors of users, as the query tower makes them for a request at this moment: a row each. A row of zeros says
    /// that nothing is known of the user.
    ///
    /// - Parameters:
    ///   - users: their ids.
    ///   - wall: the moment, in seconds since 1970.
    /// - Returns: `users × vectorWidth` numbers.
    /// - Throws: `notFound` if there is no such model, and what the model throws.
    /// - Complexity: O(users · tower)
    package func userVectors(_ users: [String], wall: Int64) async throws -> [Float] {
        guard let tower = bundle.tower else { throw Self.missing("makes vectors") }
        let batch = await batch(users, wall: wall)
        let vectors = try tower.queries(batch.modelRequest(k: 1), features: batch.features)
        // The numbers are the matrix's: it must not end before they are copied.
        return withExtendedLifetime(vectors) { Array(vectors.values) }
    }

    /// The vectors of items: a row each.
    ///
    /// - Returns: `items × vectorWidth` numbers.
    /// - Throws: `notFound` if there is no such model, or for an item that has no vector.
    package func itemVectors(_ items: [Int32]) throws -> [Float] {
        guard let index = bundle.index else { throw Self.missing("makes vectors") }
        var vectors: [Float] = []
        for item in items {
            guard let vector = index.vector(of: item) else {
                throw MartletError(
                    .notFound, "the item '\(bundle.id(item))' has no vector",
                    hint: "the model did not see it; train and publish again")
            }
            vectors += vector
        }
        return vectors
    }

    /// The `k` items that may be recommended whose vectors have the largest inner products with each query.
    ///
    /// - Parameter queries: `rows × vectorWidth` numbers.
    /// - Returns: for each query equally many items, best first, and their scores; −1 pads a list that is shorter.
    /// - Throws: `notFound` if there is no such model.
    package func nearestItems(
        _ queries: [Float], rows: Int, k: Int
    ) throws -> (items: [Int32], scores: [Float]) {
        guard let index = bundle.index else { throw Self.missing("makes vectors") }
        let lists = try index.search(
            Matrix(rows: rows, columns: index.dimensions, values: queries), k: min(k, max(index.count, 1)),
            filter: SearchFilter(allowed: bundle.items.allowedMask?.values))
        return (lists.items, lists.scores)
    }

    /// The ranking model's scores of items for users, as the pipeline's ranking would give them at this moment.
    ///
    /// - Parameters:
    ///   - items: for each user the items to score, by their places in the catalogue.
    ///   - wall: the moment, in seconds since 1970.
    /// - Returns: one number for each entry of `items`, in their order.
    /// - Throws: `notFound` if there is no such model, and what the model throws.
    /// - Complexity: O(users · user's part + items · network)
    package func scores(of items: [[Int32]], for users: [String], wall: Int64) async throws -> [Float] {
        guard let scorer else { throw Self.missing("ranks") }
        var offsets = [0]
        for list in items { offsets.append(offsets[offsets.count - 1] + list.count) }
        let batch = await batch(users, wall: wall)
        return try scorer.scores(
            of: SparseRows(columns: bundle.data.items.count, offsets: offsets, indices: items.flatMap { $0 }),
            for: batch.modelRequest(k: 1), features: batch.features, items: [])
    }

    private static func missing(_ what: String) -> MartletError {
        MartletError(
            .notFound, "the published bundle holds no model that \(what)",
            hint: "name one under 'pipeline:' and publish again")
    }

    /// Users as the models take them, with what is known of them by now. Features that nobody answers for in time are
    /// the bundle's own, as on a request's way.
    private func batch(_ users: [String], wall: Int64) async -> RequestBatch {
        let now = wall - bundle.manifest.clockOffset
        let requests = users.map { PipelineRequest(user: $0) }
        var batch = RequestBatch(
            requests: requests,
            visitors: requests.map {
                Visitor($0, bundle: bundle, activity: activity.activity(of: $0.user), now: now)
            }, lengths: users.map { _ in 0 }, filters: users.map { _ in [] }, now: now, bundle: bundle)
        guard let reader = features else { return batch }
        let clock = RequestClock(seconds: configuration.deadline)
        if case .done(let found) = await race(
            until: clock.end(of: .features), { try await reader.features(ofUsers: users) }), found.count == users.count
        {
            let workflow = bundle.data.workflow
            batch.features = found.map { $0.flatMap { try? workflow.encode(row: $0.values, group: .user) } }
        }
        return batch
    }
}
