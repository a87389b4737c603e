import Core
import FoundationEssentials

/// Runs steps as Slurm jobs: each step a job, the steps of one fan-out that are ready together an array.
///
/// Needs `sbatch`, `squeue` and `scancel` on the path, and a store on a file system that the nodes share.
public actor SlurmLauncher: StepLauncher {
    private struct Waiting {
        var launched: LaunchedStep
        var submitted: CheckedContinuation<String, any Error>
    }

    private let folder: String
    private let options: [String]
    private let pause: Duration
    private var waiting: [Waiting] = []
    private var isGathering = false
    private var states: [String: String] = [:]
    private var asked: ContinuousClock.Instant?
    private var cleared: Set<String> = []

    /// Makes a launcher.
    ///
    /// - Parameters:
    ///   - folder: where scripts are kept, on the shared file system.
    ///   - options: more options for `sbatch`, such as `--partition=gpu`.
    ///   - pause: how long jobs are not asked after.
    public init(folder: String, options: [String] = [], pause: Duration = .seconds(1)) {
        self.folder = folder
        self.options = options
        self.pause = pause
    }

    /// Submits a step with those that are ready at about the same time, and waits for its end.
    public func run(_ launched: LaunchedStep) async throws -> String {
        try await clear(launched.run)
        let job = try await withCheckedThrowingContinuation { continuation in
            waiting.append(Waiting(launched: launched, submitted: continuation))
            if !isGathering {
                isGathering = true
                Task { await gather() }
            }
        }
        while true {
            if Task.isCancelled {
                _ = try? await command(["scancel", job])
                throw CancellationError()
            }
            guard let state = try await state(of: job) else { return "\(job) ended" }
            let isOver = !["PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "STAGE_OUT"].contains(state)
            if isOver { return "\(job) ended as \(state)" }
            let pause = pause
            await Task.detached { try? await Task.sleep(for: pause) }.value
        }
    }

    /// Submits what has come together, a job for each fan-out.
    private func gather() async {
        try? await Task.sleep(for: .milliseconds(200))
        let ready = waiting
        waiting = []
        isGathering = false
        let groups = Dictionary(grouping: ready) { entry in
            let step = entry.launched.step
            return [SlurmScript.jobName(entry.launched), "\(step.cores)", "\(entry.launched.memory)"]
        }
        for group in groups.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }).map(\.value) {
            do {
                let id = try await submit(group.map(\.launched))
                for (place, entry) in group.enumerated() {
                    entry.submitted.resume(returning: group.count > 1 ? "\(id)_\(place)" : id)
                }
            } catch {
                for entry in group { entry.submitted.resume(throwing: error) }
            }
        }
    }

    private func submit(_ steps: [LaunchedStep]) async throws -> String {
        let place = "\(folder)/slurm"
        try Folders.make(place)
        let path = "\(place)/\(steps[0].run)-\(UInt32.random(in: 0 ... .max)).sh"
        try AtomicFile.write(SlurmScript(steps: steps, options: options).text, to: path)
        let answer = try await command(["sbatch", "--parsable", path])
        guard let id = answer.split(whereSeparator: { $0 == ";" || $0.isWhitespace }).last.map(String.init),
            let first = id.split(separator: ";").first, Int(first) != nil
        else {
            throw MartletError(
                .unavailable, "sbatch took no job: \(answer.prefix(300))", hint: "the script is \(path); try it by hand"
            )
        }
        return String(first)
    }

    /// Ends what an earlier coordinator of the same run, which was killed, left with Slurm: two jobs at one step would
    /// be in each other's way.
    private func clear(_ run: String) async throws {
        guard cleared.insert(run).inserted else { return }
        let answer = try await command(["squeue", "--noheader", "--me", "--format=%A %j"])
        for line in answer.split(separator: "\n") where line.contains(" martlet-\(run)-") {
            _ = try await command(["scancel", String(line.prefix { $0 != " " })])
        }
    }

    /// A job's state; nil if Slurm has forgotten it.
    private func state(of job: String) async throws -> String? {
        if states[job] == nil || (asked.map({ ContinuousClock.now - $0 > pause / 2 }) ?? true) {
            asked = .now
            let answer = try await command([
                "squeue", "--noheader", "--array", "--me", "--states=all", "--format=%i %T",
            ])
            var found: [String: String] = [:]
            for line in answer.split(separator: "\n") {
                let fields = line.split(separator: " ")
                if fields.count == 2 { found[String(fields[0])] = String(fields[1]) }
            }
            states = found
        }
        return states[job]
    }

    /// Runs a program of Slurm's and returns what it says.
    private func command(_ words: [String]) async throws -> String {
        let place = "\(folder)/slurm"
        try Folders.make(place)
        let output = "\(place)/answer-\(UInt32.random(in: 0 ... .max))"
        defer { try? Folders.remove(output) }
        let child: ChildProcess
        do {
            child = try ChildProcess(command: words, log: output)
        } catch let error as MartletError where error.code == .notFound {
            throw MartletError(
                .missingDependency, "'\(words[0])' is not on the path",
                hint: "run on a machine where Slurm is installed")
        }
        let ending = try await Task.detached {
            try await child.wait(limit: .seconds(60), grace: .seconds(1), progress: SilentProgress())
        }.value
        let text = FileManager.default.contents(atPath: output).map { String(decoding: $0, as: UTF8.self) } ?? ""
        if case .exit(0) = ending { return text }
        throw MartletError(
            .unavailable, "'\(words[0])' \(ending.text): \(text.prefix(300))", hint: "ask 'sinfo' how Slurm is")
    }
}
