import Core
import Features
import TestSupport
import Testing

@Suite("A full disk", .enabled(if: SmallDisk.isAvailable, "only root may mount the small disk that this fills"))
struct FullDiskTests {
    private func build(rows: Int, to folder: String) throws -> InteractionDataset {
        let columns: [(String, Column)] = [
            ("u", Column(strings: (0..<rows).map { "user \($0 % 50_000)" })),
            ("i", Column(strings: (0..<rows).map { "item \($0 % 20_000)" })),
            ("t", Column(timestamps: (0..<rows).map { Int64($0) * 1_000_000 })),
        ]
        return try InteractionDatasetBuilder(
            configuration: DatasetConfiguration(
                interactions: .init(user: "u", item: "i", time: "t"), validation: .none, test: .none),
            workflow: workflow("")
        ).build(interactions: { try stream(columns) }, to: folder)
    }

    @Test("A build that fills the disk says so, and leaves the last dataset and nothing else")
    func build() throws {
        let disk = try SmallDisk(megabytes: 1)
        _ = try build(rows: 100, to: disk.path + "/data")
        let before = disk.files
        let error = #expect(throws: MartletError.self) {
            _ = try build(rows: 200_000, to: disk.path + "/data")
        }
        #expect(error?.code == .outOfSpace, "\(String(describing: error))")
        #expect(disk.files == before)
        #expect(try InteractionDataset.open(disk.path + "/data").rowCount(.train) == 100)
    }
}
