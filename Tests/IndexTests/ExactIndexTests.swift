import Core
import FoundationEssentials
import Index
import Tensor
import Testing

struct ExactIndexTests {
    @Test(arguments: [1, 8, 19], [1, 2] as [UInt64])
    func followsADictionary(dimensions: Int, seed: UInt64) throws {
        try VectorIndexContract.followsADictionary(ExactIndex(dimensions: dimensions), seed: seed)
    }

    @Test func refusesWrongInput() throws { try VectorIndexContract.refusesWrongInput(ExactIndex(dimensions: 4)) }

    /// A path for one test, and its removal.
    static func withPath(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID()).index").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test func comesBackFromAFile() throws {
        try Self.withPath { try VectorIndexContract.comesBackFromAFile(ExactIndex(dimensions: 6), at: $0) }
    }

    @Test func brokenFilesAreRefused() throws {
        try Self.withPath { path in
            #expect(throws: MartletError.self) { try ExactIndex(loading: path) }
            try ExactIndex(VectorIndexContract.vectors(10, 3, seed: 1)).save(to: path)
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            for length in [0, 5, 20, whole.count - 1] {
                try AtomicFile.write(Array(whole.prefix(length)), to: path)
                #expect(throws: MartletError.self, "\(length) bytes") { try ExactIndex(loading: path) }
            }
        }
    }
}
