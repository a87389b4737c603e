import Core
import Dispatch
import Features
import Logging
import Pipeline
import ServiceLifecycle
import Stores
import Synchronization

/// One pipeline made ready to answer: a request takes one and stays with it, so that no answer mixes two versions.
final class ServedPipeline: Sendable {
    let pipeline: RecommendationPipeline
    /// Answers requests: by the pipeline, or by the variant that a user is in.
    let variants: VariantPipelines
    /// The items as JSON.
    let catalogue: RenderedCatalogue
    /// `"version":3,"model":"dlrm","created":"2026-11-23T01:30:00Z"`
    let stamp: [UInt8]
    /// How far its scores have moved since it was published; nil if nothing ranks, or it was published by an older program.
    let drift: ScoreDrift?

    init(_ pipeline: RecommendationPipeline) {
        drift = pipeline.bundle.manifest.scores.map(ScoreDrift.init)
        self.pipeline = pipeline
        variants = VariantPipelines(pipeline)
        let bundle = pipeline.bundle
        catalogue = RenderedCatalogue(
            count: bundle.data.items.count, id: { bundle.id(Int32($0)) }, showText: { bundle.showText(Int32($0)) })
        let manifest = bundle.manifest
        var text = "\"version\":\(manifest.version),\"model\":"
        JSONValue.quote(manifest.ranker?.name ?? manifest.tower?.name ?? "sources", to: &text)
        text += ",\"created\":\"\(UniversalTime(seconds: Int(manifest.created)).internet(milliseconds: 0))\""
        stamp = Array(text.utf8)
    }
}

/// Follows the lists' live version: loads the bundle of each new one aside, warms it, and swaps it in for the requests
/// that come after. One that cannot be loaded leaves the one before in place.
final class ServedPipelines: Service {
    let options: PipelineOptions
    private let versions: ServedVersions
    private let logger: Logger
    /// What its stages did.
    let metrics: PipelineMetrics
    /// What its experiments' variants did.
    let experiments: ExperimentMetrics
    private let state = Mutex(State())
    private let glance: Duration = .milliseconds(50)
    /// After how long a bundle that failed is tried again.
    private let patience: Duration = .seconds(5)

    private struct State {
        var current: ServedPipeline?
        /// The lists whose bundle it is.
        var lists: ListSnapshot?
        var failed: (version: Int, at: ContinuousClock.Instant, error: String)?
    }

    init(options: PipelineOptions, versions: ServedVersions, logger: Logger) {
        self.options = options
        self.versions = versions
        metrics = PipelineMetrics(options.configuration)
        experiments = ExperimentMetrics(options.configuration.plan)
        self.logger = logger
    }

    /// The pipeline that a request which begins now is answered by; nil until one could be loaded.
    var current: ServedPipeline? { state.withLock { $0.current } }

    /// Why the last bundle could not be loaded; nil if it could.
    var failure: String? { state.withLock { $0.failed?.error } }

    /// Follows the lists' version until the server stops.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.refresh()
                try? await Task.sleep(for: self.glance)
            }
        }
    }

    /// Loads the bundle of the live version, if it is not the one that is served.
    func refresh() async {
        guard let lists = versions.current?.snapshot else { return }
        let version = lists.version
        let isWanted = state.withLock { state in
            guard state.current == nil || !lists.isSame(as: state.lists) else { return false }
            guard let failed = state.failed, failed.version == version else { return true }
            return ContinuousClock.now - failed.at >= patience
        }
        guard isWanted else { return }
        do {
            let served = try await load(version)
            let old = state.withLock { state in
                defer { state.current = served }
                state.lists = lists
                state.failed = nil
                return state.current?.pipeline.bundle.version
            }
            metrics.countSwitch()
            logger.info(
                "a pipeline is served",
                metadata: [
                    "version": .stringConvertible(version), "previous": .string(old.map(String.init) ?? "none"),
                ])
        } catch {
            let isNews = state.withLock { state in
                defer { state.failed = (version, .now, "\(error)") }
                return state.failed?.error != "\(error)"
            }
            metrics.countLoadFailure()
            guard isNews else { return }
            logger.error(
                "the bundle of the live version cannot be loaded; the one before stays",
                metadata: ["version": .stringConvertible(version), "error": .string("\(error)")])
        }
    }

    private func load(_ version: Int) async throws -> ServedPipeline {
        let options = options
        // Loading reads files and multiplies matrices: not on a thread that requests are waiting for.
        let served = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global(qos: .utility).async {
                continuation.resume(
                    with: Result {
                        let bundle = try ServedBundle(
                            folder: options.bundles.path(version: version), configuration: options.configuration)
                        return ServedPipeline(
                            RecommendationPipeline(
                                options.configuration, bundle: bundle, activity: options.activity,
                                features: options.features, items: options.items))
                    })
            }
        }
        await warm(served)
        return served
    }

    /// Answers some requests that nobody asked, so that no page waits for what the first ones must fetch from disk.
    private func warm(_ served: ServedPipeline) async {
        let data = served.pipeline.bundle.data
        let wall = Int64(UniversalTime.now().seconds)
        for user in 0..<min(32, data.users.count) {
            _ = await served.pipeline.answers(to: [PipelineRequest(user: data.users.id(user))], wall: wall)
        }
    }
}
