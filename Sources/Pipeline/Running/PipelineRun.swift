import Core
import Features
import Tensor

/// One batch on its way through a pipeline.
struct PipelineRun {
    let pipeline: RecommendationPipeline
    var batch: RequestBatch
    let clock: RequestClock
    private var reports: [[StageReport]]
    private var recordings: [Recording?]
    var candidates: [[Candidate]]
    private var isFilled: [Set<Int32>]
    private var fresh: [FreshFeatures?]

    init(_ pipeline: RecommendationPipeline, _ batch: RequestBatch, _ clock: RequestClock) {
        self.pipeline = pipeline
        self.batch = batch
        self.clock = clock
        reports = Array(repeating: [], count: batch.count)
        recordings = batch.requests.map { $0.explains || $0.item != nil ? Recording() : nil }
        candidates = Array(repeating: [], count: batch.count)
        isFilled = Array(repeating: [], count: batch.count)
        fresh = Array(repeating: nil, count: batch.count)
    }

    /// Runs the stages.
    mutating func answers() async -> [PipelineAnswer] {
        await readFeatures()
        let lists = await propose()
        mergeLists(lists)
        filter()
        await readItems()
        rank()
        rerank()
        let hadCandidates = candidates.map { !$0.isEmpty }
        fill()
        await askAgain()
        return batch.requests.indices.map { answer($0, hadCandidates: hadCandidates[$0]) }
    }

    /// Notes what a stage did, for each request.
    mutating func report(
        _ name: String, since start: ContinuousClock.Instant, _ outcome: StageReport.Outcome = .done,
        in before: [Int], out after: [Int]
    ) {
        let elapsed = (ContinuousClock.now - start).components
        let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
        for row in 0..<batch.count {
            reports[row].append(
                StageReport(
                    name: name, outcome: outcome, seconds: seconds, candidatesIn: before[row], candidatesOut: after[row]
                ))
        }
    }

    // MARK: - Features

    /// Reads the users' features, if somebody knows fresher ones than the bundle's, and encodes them as in training.
    private mutating func readFeatures() async {
        guard let reader = pipeline.features else { return }
        let start = ContinuousClock.now
        let users = batch.visitors.map(\.id)
        var outcome = StageReport.Outcome.done
        let end = clock.end(of: .features)
        switch await pipeline.read(
            until: end, isImmediate: reader.isImmediate,
            {
                try await reader.features(ofUsers: users)
            })
        {
        case .done(let found) where found.count == batch.count:
            fresh = found
            let workflow = batch.bundle.data.workflow
            batch.features = found.map { features in
                guard let features else { return nil }
                do {
                    return try workflow.encode(row: features.values, group: .user)
                } catch {
                    // What cannot be read of one user is no reason to forget the others.
                    outcome = .failed("\(error)")
                    return nil
                }
            }
        case .done(let found): outcome = .failed("features of \(found.count) users where \(batch.count) were asked for")
        case .late: outcome = .late
        case .failed(let error): outcome = .failed("\(error)")
        }
        report(
            "features", since: start, outcome, in: users.map { _ in 1 },
            out: (0..<batch.count).map { (batch.features?[$0] ?? nil) == nil ? 0 : 1 })
    }

    // MARK: - Sources

    /// Asks all sources: those that may take long aside, the others one after the other meanwhile.
    ///
    /// - Returns: for each source, for each request its list.
    private mutating func propose() async -> [[[ScoredItem]]] {
        let (batch, end) = (batch, clock.end(of: .sources))
        let none = batch.requests.map { _ in [ScoredItem]() }
        let sources = pipeline.sources
        var results: [(lists: [[ScoredItem]], outcome: StageReport.Outcome)?] = Array(
            repeating: nil, count: sources.count)
        var starts = [ContinuousClock.Instant](repeating: .now, count: sources.count)
        var ends = starts
        var aside: [(place: Int, task: Task<RaceResult<[[ScoredItem]]>, Never>)] = []
        for (place, source) in sources.enumerated() where !source.isImmediate {
            starts[place] = .now
            aside.append((place, Task { await race(until: end) { try await source.propose(batch) } }))
        }
        for (place, source) in sources.enumerated() where source.isImmediate {
            starts[place] = .now
            if clock.isOver(.sources) {
                results[place] = (none, .late)
            } else {
                do {
                    results[place] = Self.checked(try await source.propose(batch), none)
                } catch {
                    results[place] = (none, .failed("\(error)"))
                }
            }
            ends[place] = .now
        }
        for (place, task) in aside {
            switch await task.value {
            case .done(let lists): results[place] = Self.checked(lists, none)
            case .late: results[place] = (none, .late)
            case .failed(let error): results[place] = (none, .failed("\(error)"))
            }
            ends[place] = .now
        }
        var found: [[[ScoredItem]]] = []
        for (place, source) in sources.enumerated() {
            let (lists, outcome) = results[place]!
            let seconds = Self.seconds(ends[place] - starts[place])
            for row in 0..<batch.count {
                reports[row].append(
                    StageReport(
                        name: "source.\(source.name)", outcome: outcome, seconds: seconds, candidatesIn: 0,
                        candidatesOut: lists[row].count))
            }
            found.append(lists)
        }
        return found
    }

    /// A source's lists, if there is one for each request.
    private static func checked(
        _ lists: [[ScoredItem]], _ none: [[ScoredItem]]
    ) -> (lists: [[ScoredItem]], outcome: StageReport.Outcome) {
        guard lists.count == none.count else {
            return (none, .failed("\(lists.count) lists for \(none.count) requests"))
        }
        return (lists, .done)
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    // MARK: - Merge and filters

    private mutating func mergeLists(_ lists: [[[ScoredItem]]]) {
        let start = ContinuousClock.now
        let count = Int32(batch.bundle.items.count)
        for row in 0..<batch.count {
            // Sources of other people may name what the catalogue has not.
            let own = lists.map { list in
                list[row].allSatisfy { $0.item >= 0 && $0.item < count }
                    ? list[row] : list[row].filter { $0.item >= 0 && $0.item < count }
            }
            candidates[row] = pipeline.merge(own)
            recordings[row]?.lists = own
        }
        report(
            "merge", since: start, in: (0..<batch.count).map { row in lists.reduce(0) { $0 + $1[row].count } },
            out: candidates.map(\.count))
    }

    /// Drops what the sources could not leave out themselves.
    private mutating func filter() {
        let start = ContinuousClock.now
        let before = candidates.map(\.count)
        for row in 0..<batch.count {
            let filters = batch.filters[row]
            guard !filters.isEmpty else { continue }
            candidates[row].removeAll { candidate in filters.contains { $0.drops(candidate.item) } }
        }
        report("filters", since: start, in: before, out: candidates.map(\.count))
    }

    // MARK: - Order

    private mutating func rank() {
        defer { for row in 0..<batch.count { recordings[row]?.ranked = candidates[row] } }
        guard let scorer = pipeline.scorer else { return }
        let start = ContinuousClock.now
        var outcome = StageReport.Outcome.done
        if clock.isOver(.rank) {
            outcome = .late
        } else {
            do {
                try CandidateRanking(scorer: scorer).rank(&candidates, batch)
                for row in 0..<batch.count { recordings[row]?.isScored = true }
            } catch {
                outcome = .failed("\(error)")
            }
        }
        report("rank", since: start, outcome, in: candidates.map(\.count), out: candidates.map(\.count))
    }

    private mutating func rerank() {
        for rule in pipeline.rerankers {
            let start = ContinuousClock.now
            let outcome: StageReport.Outcome = clock.isOver(.rerank) ? .late : .done
            let before = candidates.map(\.count)
            if outcome == .done {
                for row in 0..<batch.count {
                    let filters = batch.filters[row]
                    rule.rerank(
                        &candidates[row],
                        RerankContext(
                            bundle: batch.bundle, length: batch.lengths[row], now: batch.now,
                            seed: batch.requests[row].seed, history: batch.visitors[row].history.map(\.item),
                            passes: { item in !filters.contains { $0.drops(item) } }))
                    recordings[row]?.orders.append((rule.name, candidates[row].map(\.item)))
                }
            }
            report("rerank.\(rule.name)", since: start, outcome, in: before, out: candidates.map(\.count))
        }
    }

    /// Fills answers that are too short with what sells.
    private mutating func fill() {
        let start = ContinuousClock.now
        let before = candidates.map(\.count)
        let bit = UInt32(1) << UInt32(pipeline.sources.count)
        for row in 0..<batch.count where candidates[row].count < batch.lengths[row] {
            let filters = batch.filters[row]
            var known = Set(candidates[row].map(\.item))
            let least = candidates[row].last?.score ?? 0
            for item in batch.bundle.items.byTrend {
                if candidates[row].count >= batch.lengths[row] { break }
                guard !known.contains(item), !filters.contains(where: { $0.drops(item) }), isFresh(item, row) else {
                    continue
                }
                known.insert(item)
                isFilled[row].insert(item)
                candidates[row].append(Candidate(item: item, score: least, sources: bit))
            }
        }
        if zip(candidates, before).contains(where: { $0.count > $1 }) {
            report("fallback", since: start, in: before, out: candidates.map(\.count))
        }
    }

    // MARK: - Answer

    /// What an explanation needs of the item that was asked for beside what the stages saw.
    private mutating func askAgain() async {
        for row in 0..<batch.count where recordings[row] != nil {
            guard let asked = asked(row) else { continue }
            let alone = RequestBatch(
                requests: [batch.requests[row]], visitors: [batch.visitors[row]], lengths: [batch.lengths[row]],
                filters: [[]], now: batch.now, bundle: batch.bundle, features: batch.features.map { [$0[row]] })
            if batch.filters[row].contains(where: { $0.drops(asked) }) {
                var lists: [[ScoredItem]] = []
                for (place, source) in pipeline.sources.enumerated() {
                    let own = source.isImmediate ? try? await source.propose(alone).first : nil
                    lists.append(own ?? recordings[row]!.lists[place])
                }
                recordings[row]!.unfiltered = lists
            }
            if recordings[row]!.isScored, !recordings[row]!.ranked.contains(where: { $0.item == asked }) {
                var single = [[Candidate(item: asked, score: .nan, sources: 0)]]
                if let scorer = pipeline.scorer,
                    (try? CandidateRanking(scorer: scorer).rank(&single, alone)) != nil
                {
                    recordings[row]!.askedScore = single[0][0].score
                }
            }
        }
    }

    private func asked(_ row: Int) -> Int32? {
        batch.requests[row].item.flatMap { batch.bundle.data.items.index(of: $0).map(Int32.init) }
    }

    private func answer(_ row: Int, hadCandidates: Bool) -> PipelineAnswer {
        let shown = candidates[row].prefix(batch.lengths[row])
        let visitor = batch.visitors[row]
        let isUnknown =
            (visitor.index < 0 || visitor.index >= batch.bundle.data.users.trainedCount)
            && visitor.contacts.isEmpty
        var reason: String?
        if shown.contains(where: { isFilled[row].contains($0.item) }) {
            reason = hadCandidates ? "candidates-ran-out" : "no-candidates"
        }
        return PipelineAnswer(
            user: visitor.id,
            items: shown.map {
                PipelineAnswer.Item(
                    index: $0.item, score: $0.score, sources: $0.sources, propensity: $0.propensity)
            }, sources: pipeline.sourceNames, isUnknownUser: isUnknown, fallback: reason, stages: reports[row],
            explanation: recordings[row].map {
                Explanation(
                    $0, items: shown.map(\.item), asked: asked(row), row: row, batch: batch,
                    sources: pipeline.sourceNames, isFilled: isFilled[row], features: fresh[row])
            }, bundle: batch.bundle, length: batch.lengths[row],
            order: batch.requests[row].keepsOrder ? candidates[row] : nil)
    }
}
