import Core
import Models
import Stores

/// A request's way: sources → merge → filters → ranking → rules of order → answer.
///
/// Every stage works on a batch of requests. A stage that is late or fails is left out and named in the answer; where
/// nothing is left, the answer is what sells.
public struct RecommendationPipeline: Sendable {
    /// The declaration.
    public let configuration: PipelineConfiguration
    /// What answers.
    public let bundle: ServedBundle
    let activity: any ActivityReader
    let features: (any FeatureReader)?
    let items: (any ItemFeatureReader)?
    /// What was read of items and still holds; nil: nothing is kept.
    let kept: KeptItemFeatures?
    let sources: [any CandidateSource]
    let merge: Merge
    let rerankers: [any Reranker]
    let fallbackSource = "fallback"

    /// Puts a pipeline together.
    ///
    /// - Parameters:
    ///   - activity: tells what users did since the bundle was made.
    ///   - features: reads users' features when a request comes; nil takes the bundle's own.
    ///   - items: reads items' features when a request comes; nil takes the bundle's own.
    public init(
        _ configuration: PipelineConfiguration, bundle: ServedBundle, activity: any ActivityReader,
        features: (any FeatureReader)? = nil, items: (any ItemFeatureReader)? = nil
    ) {
        self.init(configuration, bundle: bundle, activity: activity, features: features, items: items, sources: [])
    }

    /// Puts a pipeline together.
    ///
    /// - Parameter others: sources beside those of the declaration, behind them in order, with a quota of 0.
    package init(
        _ configuration: PipelineConfiguration, bundle: ServedBundle, activity: any ActivityReader,
        features: (any FeatureReader)? = nil, items: (any ItemFeatureReader)? = nil,
        sources others: [any CandidateSource]
    ) {
        self.configuration = configuration
        self.bundle = bundle
        self.activity = activity
        self.features = features
        self.items = items
        kept = items?.changes.map { KeptItemFeatures(bundle, $0) }
        let vectors = ServedVectors(configuration, bundle)
        sources = configuration.sources.map { Self.source($0, vectors) } + others
        merge = Merge(
            limit: configuration.candidates,
            quotas: configuration.sources.map { $0.quota ?? 0 } + others.map { _ in 0 },
            weights: configuration.sources.map(\.weight) + others.map { _ in 1 })
        rerankers = RerankConfiguration.rules(configuration.rerankers)
    }

    /// A pipeline of another declaration over the same bundle.
    func varied(_ configuration: PipelineConfiguration) -> RecommendationPipeline {
        RecommendationPipeline(
            configuration, bundle: bundle, activity: activity, features: features, items: items,
            sources: Array(sources[self.configuration.sources.count...]))
    }

    /// How many items' features answers took from what was kept, and how many were read; nil: nothing is kept.
    package var keptItems: (kept: Int, read: Int)? { kept?.statistics }

    /// What ranks; nil if nothing does.
    var scorer: (any CandidateScorer)? { configuration.ranker.flatMap { bundle.rankers[$0] } }

    private static func source(
        _ configuration: CandidateSourceConfiguration, _ vectors: ServedVectors?
    ) -> any CandidateSource {
        switch configuration.kind {
        case .tower: vectors.map { ServerTowerSource(configuration, $0) } ?? TowerSource(configuration)
        case .itemItem: ItemItemSource(configuration)
        case .trending, .popular, .new: OrderSource(configuration)
        case .list: ListSource(configuration)
        }
    }

    /// Reads something that has until `deadline` to come, at once if it waits for nobody.
    func read<Value: Sendable>(
        until deadline: ContinuousClock.Instant, isImmediate: Bool,
        _ work: @escaping @Sendable () async throws -> Value
    ) async -> RaceResult<Value> {
        guard isImmediate else { return await race(until: deadline, work) }
        do {
            return .done(try await work())
        } catch {
            return .failed(error)
        }
    }

    /// The names of the sources in their order, the fallback last.
    public var sourceNames: [String] { sources.map(\.name) + [fallbackSource] }

    /// Whether what a request asks of the items' columns can be asked.
    ///
    /// - Throws: `notFound` for a column that there is not, `invalidData` where numbers are asked of a column of texts.
    public func check(_ request: PipelineRequest) throws(MartletError) {
        for condition in request.columns where !configuration.freshColumns.contains(condition.column) {
            _ = try bundle.columns.mask(condition)
        }
    }

    /// Answers requests together.
    ///
    /// - Parameters:
    ///   - requests: at most some hundreds, for memory's sake.
    ///   - wall: the moment, in seconds since 1970.
    ///   - clock: when the requests began.
    /// - Returns: an answer for each request, in their order.
    public func answers(to requests: [PipelineRequest], wall: Int64) async -> [PipelineAnswer] {
        await answers(to: requests, wall: wall, clock: RequestClock(seconds: configuration.deadline))
    }

    package func answers(to requests: [PipelineRequest], wall: Int64, clock: RequestClock) async -> [PipelineAnswer] {
        let now = wall - bundle.manifest.clockOffset
        let visitors = requests.map {
            Visitor($0, bundle: bundle, activity: activity.activity(of: $0.user), now: now)
        }
        let fresh = items == nil ? [] : configuration.freshColumns
        var batch = RequestBatch(
            requests: requests, visitors: visitors,
            lengths: requests.map { min(max($0.k ?? configuration.k, 0), bundle.items.count) },
            filters: zip(requests, visitors).map {
                PreparedFilter.rules(
                    configuration.filters, request: $0, visitor: $1, bundle: bundle, now: now, fresh: fresh)
            }, now: now, bundle: bundle)
        batch.freshConditions = requests.map { request in
            (request.columns + configuration.filters.compactMap(\.condition)).filter { fresh.contains($0.column) }
        }
        var run = PipelineRun(self, batch, clock)
        return await run.answers()
    }
}
