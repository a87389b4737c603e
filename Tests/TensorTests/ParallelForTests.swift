import Synchronization
import Tensor
import Testing

struct ParallelForTests {
    @Test(arguments: [0, 1, 7, 1000], [1, 3, 64])
    func everyIndexOnce(count: Int, grain: Int) {
        let seen = Mutex([Int](repeating: 0, count: count))
        parallelFor(count, grain: grain, threads: 4) { range, _ in
            seen.withLock { seen in for index in range { seen[index] += 1 } }
        }
        #expect(seen.withLock { $0.allSatisfy { $0 == 1 } })
    }

    @Test func partitionDependsOnArgumentsAlone() {
        func pieces() -> [Int: Range<Int>] {
            let pieces = Mutex([Int: Range<Int>]())
            parallelFor(1000, grain: 16, threads: 3) { range, worker in pieces.withLock { $0[worker] = range } }
            return pieces.withLock { $0 }
        }
        let first = pieces()
        #expect(first == pieces())
        #expect(first.count == 3)
        #expect(first.values.dropFirst(0).allSatisfy { $0.lowerBound % 16 == 0 })
    }

    @Test func innerLoopStaysOnItsThread() {
        let workers = Mutex(Set<Int>())
        parallelFor(4, threads: 4) { _, _ in
            parallelFor(100, threads: 4) { range, worker in
                workers.withLock { _ = $0.insert(worker) }
                #expect(range == 0..<100)
            }
        }
        #expect(workers.withLock { $0 } == [0])
    }

    @Test func firstWorkersErrorIsThrown() {
        struct Failed: Error, Equatable { var worker: Int }
        #expect(throws: Failed(worker: 1)) {
            try parallelFor(8, threads: 4) { _, worker in if worker > 0 { throw Failed(worker: worker) } }
        }
    }
}
