import ArgumentParser

/// `martlet bench`
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Public tables, and Martlet's side of the races in Benchmarks/.",
        discussion: """
            'gowalla' and 'beauty' train models on public data and judge them as the literature does. Benchmarks/topk/run, \
            Benchmarks/publish/run and Benchmarks/serving/run start the peers in the same run and print ratios; alone, \
            the numbers of 'topk' and 'publish' say little.

            Example: martlet bench gowalla --data gowalla --model item-cosine
            """,
        subcommands: [
            Gowalla.self, Beauty.self, TopK.self, PublishLists.self, Features.self, Online.self, Judging.self,
        ])
}
