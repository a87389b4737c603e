import Core
import Flow

/// Tells an MLflow server of a run while it goes on. A server that is down is no fault of a training: it is told later.
struct LiveExport: Sendable {
    let exporter: MLflowExporter
    let progress: any ProgressReporting
    var interval = Duration.seconds(5)

    /// Runs `body` beside the export.
    ///
    /// - Parameter run: the id of the run that `body` makes or goes on with, once it is known.
    func during<T: Sendable>(
        run: @escaping @Sendable () -> String?, _ body: @Sendable () async throws -> T
    ) async rethrows -> T {
        let follower = Task { [exporter, progress, interval] in
            var (isAnnounced, isMissed) = (false, false)
            while (try? await Task.sleep(for: interval)) != nil {
                guard let id = run() else { continue }
                do {
                    if !isAnnounced { try exporter.announce(run: id) }
                    isAnnounced = true
                    try await exporter.exportPending()
                    isMissed = false
                } catch {
                    if Task.isCancelled { return }
                    if !isMissed {
                        progress.note("\((error as? MartletError)?.message ?? "\(error)"); the run goes on")
                    }
                    isMissed = true
                }
            }
        }
        do {
            let result = try await body()
            follower.cancel()
            await follower.value
            await finish(run())
            return result
        } catch {
            follower.cancel()
            await follower.value
            await finish(run())
            throw error
        }
    }

    private func finish(_ run: String?) async {
        guard let run else { return }
        do {
            try exporter.announce(run: run)
            let report = try await exporter.exportPending()
            progress.note("MLflow was told of \(report.trials) trainings")
        } catch {
            progress.note(
                "\((error as? MartletError)?.message ?? "\(error)"); it is told with the next run, or by 'martlet runs "
                    + "export'")
        }
    }
}
