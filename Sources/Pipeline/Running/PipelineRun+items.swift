import Core
import Features
import Models
import Stores
import Tensor

extension PipelineRun {
    /// Reads what the store knows of the candidates now, drops those that conditions on it drop, and, where an answer
    /// would be short, looks once for others in their place.
    mutating func readItems() async {
        guard let reader = pipeline.items, candidates.contains(where: { !$0.isEmpty }) else { return }
        let start = ContinuousClock.now
        let before = candidates.map(\.count)
        let outcome = await read(reader, candidates)
        if outcome == .done {
            let isShort = dropStale()
            if isShort.contains(true), !clock.isOver(.filters) {
                let others = await proposeAgain(isShort)
                if await read(reader, others) == .done {
                    for row in 0..<batch.count where isShort[row] { candidates[row] += others[row] }
                    _ = dropStale()
                }
            }
        }
        report(
            "item-features", since: start, batch.itemFault.map { StageReport.Outcome.failed($0) } ?? outcome,
            in: before,
            out: candidates.map(\.count))
    }

    /// Reads the features of those candidates that were not read yet.
    private mutating func read(_ reader: any ItemFeatureReader, _ candidates: [[Candidate]]) async
        -> StageReport.Outcome
    {
        let known = Set(batch.items.flatMap(\.items))
        var items: [Int32] = []
        var seen = known
        for candidate in candidates.joined() where seen.insert(candidate.item).inserted { items.append(candidate.item) }
        guard !items.isEmpty else { return .done }
        let needsRows = batch.freshConditions.contains { !$0.isEmpty }
        let found = pipeline.kept?.find(items, needsRows: needsRows)
        if let found {
            if !found.rows.isEmpty { take(found, names: reader.names) }
            items = found.unknown
            guard !items.isEmpty else { return .done }
        }
        let ids = items.map { batch.bundle.id($0) }
        let end = clock.end(of: .filters)
        let result = await pipeline.read(until: end, isImmediate: reader.isImmediate) {
            try await reader.features(ofItems: ids)
        }
        switch result {
        case .done(let features):
            if let failure = features.failure { return .failed("\(failure)") }
            guard features.columns.allSatisfy({ $0.values.count == items.count }) else {
                return .failed("features of another number of items than was asked for")
            }
            var fresh = FreshItems(items, features)
            defer { batch.items.append(fresh) }
            var differing: Set<Int32> = []
            if let scorer = pipeline.scorer {
                do {
                    fresh.encoded = try fresh.encode(batch.bundle.data.workflow)
                } catch {
                    // What the model cannot read is no reason to forget what conditions can.
                    batch.itemFault = "\(error)"
                    return .done
                }
                differing = fresh.encoded.map { scorer.differing($0) } ?? []
                if differing.isEmpty { fresh.encoded = nil }
            }
            if let found, features.columns.count == reader.names.count {
                pipeline.kept?.keep(found, features.columns, differing: differing, keepsRows: needsRows)
            }
            return .done
        case .late: return .late
        case .failed(let error): return .failed("\(error)")
        }
    }

    /// Takes what was read for an earlier request and still holds.
    private mutating func take(_ found: KeptItemFeatures.Found, names: [String]) {
        var fresh = FreshItems(found.rows.map(\.item), OnlineFeatures(found.rows.map(\.row), names: names))
        if found.differs, pipeline.scorer != nil {
            do {
                fresh.encoded = try fresh.encode(batch.bundle.data.workflow)
            } catch {
                batch.itemFault = "\(error)"
            }
        }
        batch.items.append(fresh)
    }

    /// Drops the candidates that a condition on what was read drops; whatever is added later knows of it.
    ///
    /// - Returns: for each request whether its answer became short by it.
    private mutating func dropStale() -> [Bool] {
        let read = batch.items
        return (0..<batch.count).map { row in
            var isShort = false
            for condition in batch.freshConditions[row] {
                let dropped = Set(
                    candidates[row].map(\.item).filter { item in
                        read.first { $0.has(item) }.map { !$0.passes(condition, item) } ?? false
                    })
                guard !dropped.isEmpty else { continue }
                candidates[row].removeAll { dropped.contains($0.item) }
                batch.filters[row].append(PreparedFilter(condition.column, excluded: dropped))
                isShort = isShort || candidates[row].count < batch.lengths[row]
            }
            return isShort
        }
    }

    /// Whether an item that no stage has looked at may fill an answer: what conditions ask was read of it, and it passes.
    func isFresh(_ item: Int32, _ row: Int) -> Bool {
        // Where nothing could be read nothing is asked.
        guard !batch.items.isEmpty else { return true }
        let read = batch.items.first { $0.has(item) }
        return batch.freshConditions[row].allSatisfy { read?.passes($0, item) ?? $0.keepsMissing }
    }

    /// More candidates for the requests that need some: from the sources that compute here, and of what sells.
    private func proposeAgain(_ isShort: [Bool]) async -> [[Candidate]] {
        var lists: [[[ScoredItem]]] = []
        for source in pipeline.sources {
            let none = batch.requests.map { _ in [ScoredItem]() }
            let found = source.isImmediate ? (try? await source.propose(batch)) ?? none : none
            lists.append(found.count == batch.count ? found : none)
        }
        let bit = UInt32(1) << UInt32(pipeline.sources.count)
        return (0..<batch.count).map { row in
            guard isShort[row] else { return [] }
            var known = Set(candidates[row].map(\.item))
            let filters = batch.filters[row]
            func isWanted(_ item: Int32) -> Bool {
                !filters.contains { $0.drops(item) } && known.insert(item).inserted
            }
            var found = pipeline.merge(lists.map { $0[row] }).filter { isWanted($0.item) }
            var left = 2 * batch.lengths[row]
            for item in batch.bundle.items.byTrend where left > 0 && isWanted(item) {
                found.append(Candidate(item: item, score: 0, sources: bit))
                left -= 1
            }
            return found
        }
    }
}
