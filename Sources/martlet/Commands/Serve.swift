import ArgumentParser
import Core
import Dashboard
import InferenceGRPC
import Pipeline
import Project
import Serving
import Stores

/// `martlet serve`
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer requests for recommendations from the published lists.",
        discussion: """
            A newly published version is picked up without a restart. The server stops in order on SIGTERM or Ctrl-C:
            requests in flight are finished first. When it listens, it prints one line of JSON with its address. With
            'admin-key-env' under 'serve:' the pages of 'martlet ui' stand under /ui, behind that variable's key.

            Example: martlet serve --port 8080
                     curl http://127.0.0.1:8080/v1/recommendations/13085?k=12
            """)
    @OptionGroup var project: ProjectOptions

    @Option(help: "The address to listen on (default: the project's, or 127.0.0.1).")
    var host: String?

    @Option(help: "The port; 0 takes a free one (default: the project's, or 8080).")
    var port: Int?

    @Option(help: "The port for gRPC; 0 takes a free one (default: the project's; off where it names none).")
    var grpcPort: Int?

    func validate() throws {
        if let grpcPort, !(0...65_535).contains(grpcPort) {
            throw ValidationError("--grpc-port must lie in 0…65535, found \(grpcPort)")
        }
        if let port, !(0...65_535).contains(port) { throw ValidationError("--port must lie in 0…65535, found \(port)") }
    }

    func run() async throws {
        var (project, serving) = try ProjectRunner.configuration(ProjectRunner.trimmed(project.project))
        if let host { serving.host = host }
        if let port { serving.port = port }
        if let grpcPort {
            serving.grpc = serving.grpc ?? .init()
            serving.grpc?.port = grpcPort
        }
        var lists = project.publishing.store
        if case .redis(var redis) = lists.kind {
            // A page waits for these reads; whoever publishes has more time.
            redis.timeout = min(redis.timeout, serving.timeouts.store)
            lists.kind = .redis(redis)
        }
        let store = try await lists.open(readOnly: true, mayBeAway: true)
        let reader = ListReader(store: store, shop: project.name, copy: project.publishing.listCopy)
        var features: FeatureStore?
        if let section = project.featureStore {
            features = FeatureStore(
                section.definitions, online: try await section.online.open(readOnly: false, mayBeAway: true))
        }
        var pipeline = project.pipeline.map {
            PipelineOptions(configuration: $0, bundles: project.publishing.bundleStore)
        }
        if serving.impressions == nil, let pipeline = project.pipeline, !pipeline.plan.experiments.isEmpty {
            // An experiment that is not logged tells nothing.
            serving.impressions = .init(folder: "\(project.folder)/impressions")
        }
        if let features, let service = project.featureStore?.requestService {
            pipeline?.features = try StoredUserFeatures(features, service: service)
        }
        if let features, let service = project.featureStore?.itemService {
            pipeline?.items = try StoredItemFeatures(
                features, service: service, keeps: project.featureStore?.keepsItems ?? true)
        }
        let service = try RecommendationService(
            configuration: serving, reader: reader, features: features, pipeline: pipeline,
            frontEnds: serving.grpc == nil ? [] : [GRPCFrontEnd()], site: try site(project, serving)
        ) { address in
            writeLine(address.readyLine, to: .standardOutput)
        }
        do {
            try await service.run()
        } catch {
            await features?.online.close()
            await store.close()
            throw error
        }
        await features?.online.close()
        await store.close()
    }

    /// The dashboard, if the project names the variable with its key.
    private func site(_ project: ProjectConfiguration, _ serving: ServingConfiguration) throws -> MountedSite? {
        guard let variable = serving.adminKeyVariable else { return nil }
        guard let key = ProcessEnvironment.variables[variable], !key.isEmpty else {
            throw MartletError(
                .invalidConfiguration, "the environment variable \(variable) holds no key for the dashboard",
                hint: "set it, for example: export \(variable)=$(openssl rand -hex 24)")
        }
        let facts = try ProjectFacts(project: project, serving: serving, isServing: true)
        let dashboard = Dashboard(
            store: facts.runner.store, facts: facts, key: try AdminKey(key), base: MountedSite.path,
            isEncrypted: serving.certificate != nil)
        return MountedSite { try await dashboard.respond(to: $0) }
    }
}
