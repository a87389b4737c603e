import Core
import FoundationEssentials
import Generator
import Testing

@Suite struct ShopGeneratorTests {
    private let small = GeneratorConfiguration(users: 300, items: 120, transactions: 4_000, seed: 3, weeks: 30)

    private func withFolder<T>(_ body: (String) throws -> T) throws -> T {
        let folder = FileManager.default.temporaryDirectory.path + "/shop-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try body(folder)
    }

    /// The rows of a CSV file whose fields hold no commas.
    private func rows(_ path: String) throws -> [[Substring]] {
        let data = try #require(FileManager.default.contents(atPath: path))
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
    }

    @Test func writesTheThreeFilesAsTheyWereAskedFor() throws {
        try withFolder { folder in
            let shop = try ShopGenerator(configuration: small).write(to: folder)
            #expect(shop.firstDay == "2020-02-26" && shop.lastDay == "2020-09-22")
            let customers = try rows(shop.customers).dropFirst()
            let ids = Set(customers.map { $0[0] })
            #expect(ids.count == 300 && ids.allSatisfy { $0.count == 64 })
            #expect(customers.allSatisfy { $0.count == 7 })
            #expect(customers.map { String($0[0]) } == customers.map { String($0[0]) }.sorted())
            let articles = try rows(shop.articles)
            #expect(articles[0].count == 25 && articles.count == 121)
            let articleIDs = Set(articles.dropFirst().map { $0[0] })
            #expect(articleIDs.count == 120 && articleIDs.allSatisfy { $0.count == 10 && $0.first == "0" })
            let purchases = try rows(shop.transactions).dropFirst()
            #expect(purchases.count == 4_000)
            let days = purchases.map { String($0[0]) }
            #expect(days == days.sorted() && days.first! >= shop.firstDay && days.last! <= shop.lastDay)
            #expect(purchases.allSatisfy { ids.contains($0[1]) && articleIDs.contains($0[2]) })
            #expect(purchases.allSatisfy { (0.0001...1).contains(Double($0[3]) ?? 0) && ["1", "2"].contains($0[4]) })
            // Nearly every customer buys: each joins with a purchase, of which few rows are left out.
            #expect(Set(purchases.map { $0[1] }).count >= 290)
        }
    }

    @Test func theSameSeedMakesTheSameFilesOnAnyNumberOfThreads() throws {
        func files(_ configuration: GeneratorConfiguration, threads: Int) throws -> [Data?] {
            try withFolder { folder in
                let shop = try ShopGenerator(configuration: configuration, threads: threads).write(to: folder)
                return [shop.articles, shop.customers, shop.transactions, shop.truth].map {
                    FileManager.default.contents(atPath: $0)
                }
            }
        }
        // More users than one chunk of work holds.
        var configuration = small
        configuration.users = 9_000
        configuration.transactions = 20_000
        let once = try files(configuration, threads: 1)
        #expect(try files(configuration, threads: 3) == once)
        configuration.seed = 4
        #expect(try files(configuration, threads: 1)[2] != once[2])
    }

    @Test func theBestPossibleIsFarAbovePopularity() throws {
        try withFolder { folder in
            let configuration = GeneratorConfiguration(users: 1_500, items: 400, transactions: 40_000)
            _ = try ShopGenerator(configuration: configuration).write(to: folder)
            let recall = try ShopGenerator.bestRecall(folder: folder, k: 12)
            #expect(recall.best > 2 * recall.popularity && recall.best < 0.95 && recall.popularity > 0)
            #expect(try ShopGenerator(configuration: configuration).bestRecall(k: 12) == recall)
            #expect(try ShopGenerator.bestRecall(folder: folder, k: 24).best > recall.best)
        }
    }

    @Test(arguments: [
        (GeneratorConfiguration(items: 0), "items"), (GeneratorConfiguration(users: 0), "users"),
        (GeneratorConfiguration(users: 10, transactions: 9), "too few"), (GeneratorConfiguration(weeks: 2), "weeks"),
    ])
    func refusesWhatMakesNoShop(_ configuration: GeneratorConfiguration, _ word: String) {
        let error = #expect(throws: MartletError.self) { try ShopGenerator(configuration: configuration) }
        #expect(error?.message.contains(word) == true && error?.hint != nil)
    }

    @Test func theSmallestShopIsAShop() throws {
        try withFolder { folder in
            let tiny = GeneratorConfiguration(users: 1, items: 1, transactions: 1, weeks: 8)
            let shop = try ShopGenerator(configuration: tiny).write(to: folder)
            #expect(try rows(shop.transactions).count == 2)
        }
    }

    // A path below a device, where no folder can be made.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "needs /dev/full"))
    func saysWhenTheFolderCannotBeMade() throws {
        let error = #expect(throws: MartletError.self) {
            try ShopGenerator(configuration: small).write(to: "/dev/full/x")
        }
        #expect(error?.code == .system)
    }

    @Test func saysWhenThereIsNoTruth() {
        let error = #expect(throws: MartletError.self) { try ShopGenerator.bestRecall(folder: "/nonexistent") }
        #expect(error?.code == .notFound)
    }
}
