import Core
import Foundation
import Testing

/// Files that are wholly there or not there.
struct AtomicFileTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "martlet-core-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    @Test func replacesWhatWasThereAndLeavesNothingElse() throws {
        try AtomicFile.write("old", to: "\(folder)/a")
        try AtomicFile.write("new", to: "\(folder)/a")
        #expect(try String(contentsOfFile: "\(folder)/a", encoding: .utf8) == "new")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"])
    }

    @Test func aMissingFolderIsSaid() {
        #expect(throws: MartletError.self) { try AtomicFile.write("x", to: "\(folder)/none/a") }
    }

    @Test(arguments: [(ENOSPC, MartletError.Code.outOfSpace), (ENOENT, .notFound), (EIO, .system)])
    func whatTheSystemRefusesHasItsCode(number: Int32, code: MartletError.Code) {
        #expect(systemError("cannot write a", number: number).code == code)
    }
}

/// Random numbers that repeat on every machine.
struct RandomSourceTests {
    @Test func aSeedRepeatsAndStreamsDiffer() {
        var (a, b, c) = (RandomSource(seed: 1), RandomSource(seed: 1), RandomSource(seed: 1, stream: 1))
        let (first, second, other) = (a.next(), b.next(), c.next())
        #expect(first == second && first != other)
    }

    @Test func momentsOfItsDistributions() {
        var random = RandomSource(seed: 3)
        let count = 100_000
        let uniform = (0..<count).map { _ in random.uniform() }
        let normal = (0..<count).map { _ in random.normal() }
        #expect(uniform.allSatisfy { (0..<1).contains($0) })
        // Five standard errors: σ/√n with σ = 0.289 and 1.
        #expect(abs(uniform.reduce(0, +) / Double(count) - 0.5) < 0.005)
        #expect(abs(normal.reduce(0, +) / Double(count)) < 0.016)
        #expect(abs(normal.map { $0 * $0 }.reduce(0, +) / Double(count) - 1) < 0.023)
    }
}
