import ArgumentParser
import PublicTables

extension Bench {
    /// `martlet bench gowalla`
    struct Gowalla: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "LightGCN's Gowalla: Recall@20 and NDCG@20 over all items.",
            discussion: """
                Any folder with train.txt and test.txt will do, lines of 'user item item …'; train.txt.gz too. Without \
                --model, all models are trained and printed as a table.

                \(PublicTable.gowalla.protocolText)

                Example: martlet bench gowalla --data gowalla --model item-cosine --set neighbors=50
                """)
        @OptionGroup var table: TableOptions
        @OptionGroup var output: OutputOptions

        func run() async throws { try table.run(.gowalla, output) }
    }

    /// `martlet bench beauty`
    struct Beauty: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Amazon Beauty, leave-last-out: HR@10 and NDCG@10 over all items.",
            discussion: """
                Any file of lines 'user item item …' in the order of time will do, packed with gzip too. Without \
                --model, all models are trained and printed as a table.

                \(PublicTable.beauty.protocolText)

                Example: martlet bench beauty --data Beauty.txt.gz --model popularity
                """)
        @OptionGroup var table: TableOptions
        @OptionGroup var output: OutputOptions

        func run() async throws { try table.run(.beauty, output) }
    }
}
