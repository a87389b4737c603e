import Core

extension RedisClient {
    /// Commands that go to one server in one write, and what came of them.
    private struct Chunk: Sendable {
        var endpoint: RedisEndpoint
        var places: ArraySlice<Int>
    }

    /// What came of a chunk.
    private struct Outcome: Sendable {
        var chunk: Chunk
        var result: Result<[RESPValue], MartletError>
    }

    /// Sends all commands of `work` and returns their answers, in order.
    ///
    /// Commands that meet a dead server, a failover or a moving slot are sent again, with growing pauses, until they
    /// get through or `work.patience` has passed without any getting through.
    ///
    /// - Throws: the error that stayed.
    func perform(_ work: RedisWork) async throws -> [RESPValue] {
        var answers = [RESPValue](repeating: .null, count: work.count)
        var open = Array(0..<work.count)
        var failures = 0
        var lastProgress = ContinuousClock.now
        try await settle()
        while !open.isEmpty {
            let (chunks, homeless) = route(open, work)
            var retry = homeless
            var trouble: MartletError? = homeless.isEmpty ? nil : Self.uncovered
            var moves: [(slot: Int, to: RedisEndpoint)] = []
            for outcome in await send(chunks, work) {
                switch outcome.result {
                case .failure(let error):
                    let down = node(outcome.chunk.endpoint).downTime
                    guard error.code == .unavailable, down.map({ $0 < .seconds(work.patience) }) ?? true else {
                        throw error
                    }
                    trouble = error
                    retry += outcome.chunk.places
                case .success(let values):
                    for (place, value) in zip(outcome.chunk.places, values) {
                        switch RedisReply.refusal(value, endpoint: outcome.chunk.endpoint) {
                        case nil: answers[place] = value
                        case .final(let error): throw error
                        case .later(let text):
                            trouble = RedisReply.later(text, endpoint: outcome.chunk.endpoint)
                            retry.append(place)
                        case .moved(let slot, let endpoint):
                            guard isCluster else { throw Self.undeclaredCluster(outcome.chunk.endpoint) }
                            moves.append((slot, endpoint))
                            retry.append(place)
                        case .ask(let endpoint):
                            if let answer = await ask(endpoint, place, work) {
                                answers[place] = answer
                            } else {
                                trouble = RedisReply.later("TRYAGAIN", endpoint: endpoint)
                                retry.append(place)
                            }
                        }
                    }
                }
            }
            if retry.isEmpty { break }
            if retry.count < open.count {
                lastProgress = .now
                failures = 0
            }
            guard ContinuousClock.now - lastProgress < .seconds(work.patience) else {
                throw trouble ?? Self.uncovered
            }
            if trouble != nil {
                failures += 1
                try await Task.sleep(for: .seconds(Backoff().seconds(after: failures)))
            }
            // What a refused command says is newer than what a node that lags behind tells: it is noted last.
            if isCluster { try? await refreshTopology() }
            for move in moves { self.move(slot: move.slot, to: move.to) }
            open = retry
        }
        return answers
    }

    private static var uncovered: MartletError {
        MartletError(
            .unavailable, "the Redis cluster does not serve all slots", hint: "look at: redis-cli --cluster check")
    }

    private static func undeclaredCluster(_ endpoint: RedisEndpoint) -> MartletError {
        MartletError(
            .invalidConfiguration, "redis at \(endpoint) belongs to a cluster", hint: "set cluster: true in the store")
    }

    /// Sorts commands by server and cuts them into chunks; those whose slot nobody holds come apart.
    private func route(_ places: [Int], _ work: RedisWork) -> (chunks: [Chunk], homeless: [Int]) {
        let topology = topology
        var groups: [[Int]] = Array(repeating: [], count: topology.primaries.count)
        var homeless: [Int] = []
        if topology.slots.isEmpty {
            groups[0] = places
        } else {
            for place in places {
                let primary = Int(topology.slots[work.slot(place)])
                if primary < 0 { homeless.append(place) } else { groups[primary].append(place) }
            }
        }
        var chunks: [Chunk] = []
        for (primary, group) in zip(topology.primaries, groups) {
            // Waiting for a replica costs a round trip: share it among more commands.
            let size = (work.pipeline ?? configuration.pipeline) * (work.isReplicated && primary.replicas > 0 ? 16 : 1)
            for start in stride(from: 0, to: group.count, by: size) {
                chunks.append(Chunk(endpoint: primary.endpoint, places: group[start..<min(start + size, group.count)]))
            }
        }
        return (chunks, homeless)
    }

    private func send(_ chunks: [Chunk], _ work: RedisWork) async -> [Outcome] {
        if chunks.count == 1 { return [await send(chunks[0], work)] }
        return await withTaskGroup(of: Outcome.self) { group in
            for chunk in chunks { group.addTask { await self.send(chunk, work) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    private func send(_ chunk: Chunk, _ work: RedisWork) async -> Outcome {
        var commands = RedisCommands()
        commands.keepsArrays = work.keepsArrays
        for place in chunk.places { work.encode(place, &commands) }
        let replicas =
            work.isReplicated ? topology.primaries.first { $0.endpoint == chunk.endpoint }?.replicas ?? 0 : 0
        // A write that only a primary has is lost when that primary dies: wait until one replica has it too.
        if replicas > 0 { commands.append("WAIT", "1", "\(Int(configuration.timeout * 500))") }
        do {
            var values = try await node(chunk.endpoint).send(commands)
            if replicas > 0, values.removeLast().integer == 0 { forgetReplicas(of: chunk.endpoint) }
            return Outcome(chunk: chunk, result: .success(values))
        } catch {
            let fault =
                error as? MartletError ?? MartletError(.unavailable, "the Redis server failed", underlying: error)
            return Outcome(chunk: chunk, result: .failure(fault))
        }
    }

    /// Sends one command to the server that a slot is moving to; nil if that did not work.
    private func ask(_ endpoint: RedisEndpoint, _ place: Int, _ work: RedisWork) async -> RESPValue? {
        var commands = RedisCommands("ASKING")
        commands.keepsArrays = work.keepsArrays
        work.encode(place, &commands)
        guard let answers = try? await node(endpoint).send(commands), answers.count == 2 else { return nil }
        return RedisReply.refusal(answers[1], endpoint: endpoint) == nil ? answers[1] : nil
    }

    /// Sends one command about one key; `isReplicated` asks for a replica to have it too.
    func perform(_ words: [[UInt8]], key: [UInt8], patience: Double? = nil, isReplicated: Bool = false) async throws
        -> RESPValue
    {
        let slot = RedisSlot.of(key)
        let work = RedisWork(
            count: 1, patience: patience ?? configuration.timeout, isReplicated: isReplicated, slot: { _ in slot },
            encode: { _, commands in commands.append(words) })
        return try await perform(work)[0]
    }
}

extension RedisReply {
    /// An answer that asks for patience, as the error to throw when patience is over.
    static func later(_ text: String, endpoint: RedisEndpoint) -> MartletError {
        MartletError(
            .unavailable, "redis at \(endpoint) answers: \(text)",
            hint: "it is starting, failing over or moving slots; try again, and look at: redis-cli cluster info")
    }
}
