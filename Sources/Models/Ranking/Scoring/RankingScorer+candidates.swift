import CKernels
import Core
import Features
import Tensor

extension RankingScorer {
    /// The scores of candidates: blocks are filled up with the candidates of one user after the other, so that the
    /// network's products are as large as the whole request lets them be.
    func scores(
        of candidates: SparseRows, _ request: RecommendationRequest, moment: [Int32], histories: UserHistories?,
        features: [EncodedRow?]?, parts: [ItemParts], _ shortcut: DLRMCandidates?, _ memory: CandidateMemory
    ) -> [Float] {
        if let shortcut, let own = memory.shortcut {
            return scores(
                of: candidates, request, moment: moment, histories: histories, features: features, parts: parts,
                by: shortcut,
                own,
                memory.memory)
        }
        let memory = memory.memory
        var scores = [Float](repeating: 0, count: candidates.count)
        let targets = targetCount
        var (filled, first) = (0, 0)
        func flush() {
            guard filled > 0 else { return }
            finish(memory, rows: filled)
            for row in 0..<filled {
                scores[first + row] = score(
                    memory.space.logits.pointer + row * targets, item: candidates.indices[first + row])
            }
            first += filled
            filled = 0
        }
        for (row, user) in request.users.enumerated() {
            let counts = encode(
                memory, user: user, moment: moment,
                history: histories.map { ($0.entries(of: request.history == nil ? user : Int32(row)), $0) },
                features: features?[row], at: request.at)
            var next = candidates.offsets[row]
            while next < candidates.offsets[row + 1] {
                let size = min(Self.blockRows - filled, candidates.offsets[row + 1] - next)
                fill(memory, candidates.indices[next..<next + size], counts, parts, at: filled)
                filled += size
                next += size
                if filled == Self.blockRows { flush() }
            }
        }
        flush()
        return scores
    }

    /// The scores of candidates by a shorter way, one user after the other.
    private func scores(
        of candidates: SparseRows, _ request: RecommendationRequest, moment: [Int32], histories: UserHistories?,
        features: [EncodedRow?]?, parts: [ItemParts], by shortcut: DLRMCandidates, _ own: DLRMCandidates.Memory,
        _ memory: Memory
    ) -> [Float] {
        let itemWidth = network.layout.itemWidth
        return [Float](unsafeUninitializedCapacity: candidates.count) { scores, filled in
            for (row, user) in request.users.enumerated() {
                let counts = encode(
                    memory, user: user, moment: moment,
                    history: histories.map { ($0.entries(of: request.history == nil ? user : Int32(row)), $0) },
                    features: features?[row], at: request.at)
                shortcut.begin(own, parameters, user: memory.userX.pointer)
                for first in stride(from: candidates.offsets[row], to: candidates.offsets[row + 1], by: Self.blockRows)
                {
                    let size = min(Self.blockRows, candidates.offsets[row + 1] - first)
                    let items = candidates.indices[first..<first + size]
                    let logits = shortcut.logits(
                        own, memory.space, parameters, user: memory.userX.pointer, count: size,
                        item: { part(of: items[first + $0], parts, width: itemWidth) },
                        pair: { PairNumbers.numbers(count: Self.count(of: items[first + $0], in: counts) ?? 0) })
                    for place in 0..<size { scores[first + place] = score(logits + place, item: items[first + place]) }
                }
            }
            filled = candidates.count
        }
    }

    /// Where an item's columns of x are.
    private func part(of item: Int32, _ parts: [ItemParts], width: Int) -> DLRMCandidates.Item {
        for fresh in parts {
            if let place = fresh.place(of: item) {
                return DLRMCandidates.Item(x: UnsafePointer(fresh.x.pointer + place * width), index: nil)
            }
        }
        return DLRMCandidates.Item(x: UnsafePointer(itemX.pointer + Int(item) * width), index: Int(item))
    }

    /// What one request at a time works in.
    struct CandidateMemory: Sendable {
        let memory: Memory
        let shortcut: DLRMCandidates.Memory?

        init(_ scorer: RankingScorer, shortcut: DLRMCandidates?) {
            memory = Memory(scorer.network, targets: scorer.targetCount)
            self.shortcut = shortcut?.makeMemory(rows: RankingScorer.blockRows)
        }
    }

    /// Fills rows `first...` of a block with the user that was encoded last and some items.
    private func fill(
        _ memory: Memory, _ items: ArraySlice<Int32>, _ counts: [(item: Int32, count: Float)], _ parts: [ItemParts],
        at first: Int
    ) {
        let (layout, space) = (network.layout, memory.space)
        fillUser(memory, rows: first..<first + items.count)
        let width = network.stem?.output ?? 0
        for (place, item) in items.enumerated() {
            let row = first + place
            var (from, x, side, stem, rows) = (Int(item), itemX, itemSide, itemStem, itemRows)
            for fresh in parts {
                guard let place = fresh.place(of: item) else { continue }
                (from, x, side, stem, rows) = (place, fresh.x, fresh.side, fresh.stem, fresh.rows)
            }
            if network.readsInput {
                (space.x.pointer + row * layout.width + layout.userWidth).update(
                    from: x.pointer + from * layout.itemWidth, count: layout.itemWidth)
            }
            (space.side.pointer + row * layout.sideWidth + layout.userSideWidth).update(
                from: side.pointer + from * layout.itemSideWidth, count: layout.itemSideWidth)
            if width > 0 {
                (space.stem.pointer + row * width).update(from: stem.pointer + from * width, count: width)
            }
            for (place, cross) in inputs.fields.crosses.enumerated() {
                memory.crosses.codes[place][row] = inputs.fields.row(
                    cross, memory.user.codes[cross.user][0], rows.codes[cross.item][from])
            }
        }
        if width > 0 {
            martlet_bias_relu(space.stem.pointer + first * width, items.count, width, memory.userStem.pointer, 0)
        }
        guard !counts.isEmpty else { return }
        for (place, item) in items.enumerated() {
            if let count = Self.count(of: item, in: counts) { addPair(memory, row: first + place, count: count) }
        }
    }

    private func finish(_ memory: Memory, rows: Int) {
        let layout = network.layout
        if !layout.crossSide.isEmpty {
            layout.gatherCrosses(
                parameters, memory.crosses, first: 0, rows: rows, side: memory.space.side.pointer,
                sideStride: layout.sideWidth)
        }
        network.forward(parameters, memory.space, rows: rows)
    }

    private static func count(of item: Int32, in counts: [(item: Int32, count: Float)]) -> Float? {
        var (low, high) = (0, counts.count)
        while low < high {
            let middle = (low + high) / 2
            if counts[middle].item < item { low = middle + 1 } else { high = middle }
        }
        return low < counts.count && counts[low].item == item ? counts[low].count : nil
    }
}
