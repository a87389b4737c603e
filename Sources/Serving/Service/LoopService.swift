import ServiceLifecycle

/// A service whose work runs on the sockets' threads.
struct LoopService: Service {
    let service: any Service

    func run() async throws {
        try await withTaskExecutorPreference(LoopExecutor.shared) { try await service.run() }
    }
}
