import Core
import Flow
import FoundationEssentials
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// SIGKILL at random moments, of the coordinator, of a worker, or of all at once as when a machine stops.
///
/// `MARTLET_KILLS` says how many; 200 where `MARTLET_CHAOS` is set, a few otherwise.
@Suite(.serialized, .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/exe"), "needs /proc"))
struct KillFaultTests {
    private enum Victim: CaseIterable { case coordinator, worker, all }

    private static let kills: Int = {
        let environment = ProcessInfo.processInfo.environment
        if let kills = environment["MARTLET_KILLS"].flatMap(Int.init) { return kills }
        return (environment["MARTLET_CHAOS"] ?? "").isEmpty ? 9 : 200
    }()

    private let scratch: Scratch
    private let store: RunStore

    init() throws {
        scratch = try Scratch()
        store = try scratch.store()
    }

    @Test func aStoreOutlivesItsKillsAndEveryRunResumes() async throws {
        var random = RandomSource(seed: UInt64.random(in: 0 ... .max))
        var (kills, round) = (0, 0)
        var run: String?
        while kills < Self.kills {
            let coordinator = try start(round: round, run: run)
            var isGone = false
            while !isGone, kills < Self.kills {
                usleep(UInt32(1000 * (20 + random.index(below: 400))))
                if waitpid(coordinator, nil, WNOHANG) == coordinator { break }
                let victim = Victim.allCases[random.index(below: 3)]
                if victim == .worker {
                    guard let worker = Self.children(of: coordinator).first else { continue }
                    kill(worker, SIGKILL)
                } else {
                    // A stopped coordinator cannot mend what is killed before it.
                    if victim == .all {
                        kill(coordinator, SIGSTOP)
                        for worker in Self.children(of: coordinator) { kill(worker, SIGKILL) }
                    }
                    kill(coordinator, SIGKILL)
                    waitpid(coordinator, nil, 0)
                    isGone = true
                }
                kills += 1
            }
            if !isGone {
                kill(coordinator, SIGKILL)
                waitpid(coordinator, nil, 0)
            }
            run = try store.runs().first { $0.state != .finished }?.id
            #expect(try store.verify().isEmpty, "after \(kills) kills")
            if run == nil, try store.runs().contains(where: { $0.flow == "fan-out" }) { round += 1 }
        }
        if let run {
            let graph = try KilledFlow.fanOut(round: String(round))
            try await KilledFlow.runner(store, variables: [KilledFlow.roundVariable: String(round)])
                .run(graph, resume: run).check()
        }
        let runs = try store.runs()
        #expect(!runs.isEmpty && runs.allSatisfy { $0.state == .finished })
        for run in runs {
            #expect(try store.result(run: run.id, step: "sum")?.value == 91)
            for number in 1...6 {
                let losses = try store.metrics(run: run.id, step: "part[\(number)]", name: "loss")
                #expect(losses.map(\.value) == (1...10).map { 1 / Double($0) })
            }
        }
        #expect(try store.verify().isEmpty)
        let garbage = try store.collectGarbage(GarbagePolicy(keep: 1000))
        #expect(garbage.runs.isEmpty)
        #expect(try store.verify().isEmpty)
        print("\(kills) kills, \(runs.count) runs, all whole; \(garbage.files) orphaned files were cleared away")
    }

    private func start(round: Int, run: String?) throws -> pid_t {
        var variables = ProcessInfo.processInfo.environment
        variables[KilledFlow.folderVariable] = store.folder
        variables[KilledFlow.roundVariable] = String(round)
        variables[KilledFlow.runVariable] = run
        let arguments = try KilledFlow.command().map { strdup($0) } + [nil]
        let environment = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor: Int32 in [1, 2] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
        }
        var id = pid_t()
        try #require(posix_spawn(&id, arguments[0]!, &actions, nil, arguments, environment) == 0)
        return id
    }

    /// The processes whose parent this one is.
    private static func children(of parent: pid_t) -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap(pid_t.init).filter { id in
            guard let text = try? contents("/proc/\(id)/stat"), let end = text.lastIndex(of: ")") else { return false }
            let fields = text[text.index(after: end)...].split(separator: " ")
            return fields.count > 1 && fields[1] == "\(parent)"
        }
    }
}
