import Core
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A step's process: its output goes to a log, its progress comes through a pipe, and it dies with its parent.
struct ChildProcess {
    /// How a process ended.
    enum Ending: Sendable {
        case exit(Int32)
        case signal(Int32)
        case timeLimit(Duration)
        case cancelled

        var text: String {
            switch self {
            case .exit(let code): "ended with exit code \(code)"
            case .signal(let number): "was killed by signal \(number) (\(String(cString: strsignal(number))))"
            case .timeLimit(let limit): "took longer than its time limit of \(limit)"
            case .cancelled: "was ended"
            }
        }
    }

    private let id: pid_t
    private let lifeline: Int32
    private let progressPipe: ProgressPipe.Reader

    /// Starts a process in a group of its own.
    ///
    /// - Parameters:
    ///   - command: the program, looked up in `PATH`, and its arguments.
    ///   - log: the file to which its standard output and error are appended.
    init(command: [String], log: String) throws {
        precondition(!command.isEmpty, "a command needs a program")
        // One at a time: a child started between the making of a pipe and its marking as not inherited would keep it
        // open, and the lifeline would not break.
        self = try ChildProcess.starting.withLock { _ in try ChildProcess(starting: command, log: log) }
    }

    private static let starting = Mutex(())

    private init(starting command: [String], log: String) throws {
        let (lifelineOut, lifelineIn) = try ChildProcess.pipe()
        let (progressOut, progressIn) = try ChildProcess.pipe()
        defer {
            close(lifelineOut)
            close(progressIn)
        }
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        #else
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        posix_spawn_file_actions_adddup2(&actions, lifelineOut, Lifeline.descriptor)
        posix_spawn_file_actions_adddup2(&actions, progressIn, ProgressPipe.descriptor)
        // Dispatch blocks signals on its threads, and a mask is inherited: the child begins with none blocked.
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        let arguments = command.map { strdup($0) } + [nil]
        let variables = ChildProcess.environment().map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var id = pid_t()
        let status = posix_spawnp(&id, command[0], &actions, &attributes, arguments, variables)
        guard status == 0 else {
            close(lifelineIn)
            close(progressOut)
            throw systemError("cannot start '\(command[0])'", number: status)
        }
        self.id = id
        lifeline = lifelineIn
        progressPipe = ProgressPipe.Reader(descriptor: progressOut)
    }

    /// Waits for the end, forwarding progress; ends the process when the task is cancelled or the time is up.
    func wait(limit: Duration?, grace: Duration, progress: any ProgressReporting) async throws -> Ending {
        defer {
            close(lifeline)
            progressPipe.close()
        }
        let begin = ContinuousClock.now
        var pause = Duration.milliseconds(1)
        var reason: Ending?
        var deadline: ContinuousClock.Instant?
        while true {
            progressPipe.forward(to: progress)
            var status: Int32 = 0
            let ended = waitpid(id, &status, WNOHANG)
            if ended == id {
                progressPipe.forward(to: progress)
                // Grandchildren that outlived the child.
                kill(-id, SIGKILL)
                return reason ?? ChildProcess.ending(status)
            }
            if ended < 0 && errno != EINTR { throw systemError("cannot wait for process \(id)") }
            if reason == nil {
                if Task.isCancelled { reason = .cancelled }
                if let limit, ContinuousClock.now - begin > limit { reason = .timeLimit(limit) }
                if reason != nil {
                    kill(-id, SIGTERM)
                    deadline = ContinuousClock.now + grace
                }
            } else if let end = deadline, ContinuousClock.now > end {
                kill(-id, SIGKILL)
                deadline = nil
            }
            // Sleeping in a cancelled task returns at once, hence the detached one.
            let length = pause
            await Task.detached { try? await Task.sleep(for: length) }.value
            pause = min(pause * 2, .milliseconds(20))
        }
    }

    private static func ending(_ status: Int32) -> Ending {
        let number = status & 0x7F
        return number == 0 ? .exit((status >> 8) & 0xFF) : .signal(number)
    }

    /// A pipe whose ends lie above the descriptors that a child uses, and are not inherited.
    private static func pipe() throws -> (out: Int32, in: Int32) {
        var ends: [Int32] = [0, 0]
        guard systemPipe(&ends) == 0 else { throw systemError("cannot make a pipe") }
        let high = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 64) }
        for end in ends { close(end) }
        guard high[0] >= 0, high[1] >= 0 else { throw systemError("cannot make a pipe") }
        return (high[0], high[1])
    }

    private static func environment() -> [String] {
        var variables: [String] = []
        var next = environ
        while let text = next.pointee {
            variables.append(String(cString: text))
            next += 1
        }
        variables.removeAll { $0.hasPrefix("\(Lifeline.variable)=") }
        return variables + ["\(Lifeline.variable)=1"]
    }
}

private func systemPipe(_ ends: UnsafeMutablePointer<Int32>) -> Int32 { pipe(ends) }
