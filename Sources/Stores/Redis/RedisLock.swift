import Core
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A key that expires unless its holder renews it: `SET lock holder NX PX 30000`, renewed every 6 s.
final class RedisLock: StoreLock {
    /// The lock of a holder that died is free after so many milliseconds; long enough for a holder whose threads are
    /// all busy for a while.
    private static let life = 30_000
    /// Renews (`ARGV[2]` milliseconds) or removes (`ARGV[2]` 0) the lock if it is still ours.
    private static let script = """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
        if ARGV[2] == '0' then return redis.call('DEL', KEYS[1]) end
        return redis.call('PEXPIRE', KEYS[1], ARGV[2])
        """

    private struct State {
        var isLost = false
        var renewal: Task<Void, Never>?
    }

    private let key: [UInt8]
    private let holder: [UInt8]
    private let client: RedisClient
    private let state = Mutex(State())

    private init(key: [UInt8], holder: [UInt8], client: RedisClient) {
        self.key = key
        self.holder = holder
        self.client = client
    }

    deinit { state.withLock { $0.renewal?.cancel() } }

    /// Takes the lock; waits for the lock of a dead holder to expire, but not for a live holder of this machine.
    static func take(_ name: String, client: RedisClient) async throws -> RedisLock {
        let key = Array("martlet:lock:\(name)".utf8)
        let host = hostName()
        let holder = Array("\(host) \(getpid()) \(hexadecimal(.random(in: 0 ... .max)))".utf8)
        let words = [Array("SET".utf8), key, holder] + ["NX", "PX", "\(life)"].map { Array($0.utf8) }
        let deadline = ContinuousClock.now + .milliseconds(life + 2000)
        while true {
            let answer = try await client.perform(
                words, key: key, patience: client.configuration.patience, isReplicated: true)
            let current = try await client.perform([Array("GET".utf8), key], key: key).bytes
            // An answer that was lost on the way may have given us the lock all the same: what counts is the value.
            if answer.text == "OK" || current == holder {
                let lock = RedisLock(key: key, holder: holder, client: client)
                lock.keep()
                return lock
            }
            let owner = String(decoding: current ?? [], as: UTF8.self).split(separator: " ")
            if owner.count == 3, owner[0] == host, let process = Int32(owner[1]), let current {
                if process != getpid(), kill(process, 0) != 0, errno == ESRCH {
                    _ = try await run(client, key, current, milliseconds: 0)
                    continue
                }
                throw busy(name, owner)
            }
            guard ContinuousClock.now < deadline else { throw busy(name, owner) }
            try await Task.sleep(for: .milliseconds(250))
        }
    }

    private static func busy(_ name: String, _ owner: [Substring]) -> MartletError {
        let who = owner.count == 3 ? "process \(owner[1]) on \(owner[0])" : "another process"
        return MartletError(.busy, "\(who) holds the lock '\(name)'", hint: "wait until it has finished, or end it")
    }

    private static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.isEmpty ? "localhost" : text.replacing(" ", with: "-")
    }

    private static func run(_ client: RedisClient, _ key: [UInt8], _ holder: [UInt8], milliseconds: Int) async throws
        -> Bool
    {
        let words = [
            Array("EVAL".utf8), Array(script.utf8), [UInt8(ascii: "1")], key, holder, Array("\(milliseconds)".utf8),
        ]
        return try await client.perform(words, key: key, patience: client.configuration.patience).integer == 1
    }

    private func keep() {
        let (key, holder, client) = (key, holder, client)
        let task = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(Self.life / 5))
                if Task.isCancelled { return }
                if let isOurs = try? await Self.run(client, key, holder, milliseconds: Self.life), !isOurs {
                    self?.state.withLock { $0.isLost = true }
                    return
                }
            }
        }
        state.withLock { $0.renewal = task }
    }

    func confirm() async throws {
        let isOurs = try await Self.run(client, key, holder, milliseconds: Self.life)
        guard isOurs, !state.withLock({ $0.isLost }) else {
            throw MartletError(
                .busy, "the lock was lost while the Redis server was away", hint: "nothing was switched: publish again")
        }
    }

    func release() async {
        state.withLock { $0.renewal?.cancel() }
        _ = try? await Self.run(client, key, holder, milliseconds: 0)
    }
}
