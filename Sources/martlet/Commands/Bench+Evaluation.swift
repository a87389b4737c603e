import ArgumentParser
import Core
import Evaluation
import Foundation
import Tensor

extension Bench {
    /// `martlet bench evaluation`
    struct Judging: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "evaluation",
            abstract: "Judge finished lists by every metric, slice and behaviour test, in seconds.",
            discussion: """
                Reads what Benchmarks/evaluation/race.py wrote: lists, choices and training rows as flat binary arrays.

                Example: martlet bench evaluation --folder /tmp/lists
                """)
        @Option(help: "The folder with the arrays.")
        var folder: String
        @Option(help: "How often to judge; the median is told.")
        var rounds = 7
        @OptionGroup var output: OutputOptions

        func validate() throws {
            if rounds < 1 { throw ValidationError("--rounds must be at least 1, found \(rounds)") }
        }

        func run() async throws {
            let arrays = try JudgingArrays(folder)
            var seconds: [Double] = []
            var last: (values: [String: JSONValue], report: BehaviourReport)?
            for _ in 0...rounds {
                let begin = ContinuousClock.now
                last = try arrays.judge()
                let took = (ContinuousClock.now - begin).components
                seconds.append(Double(took.seconds) + Double(took.attoseconds) * 1e-18)
            }
            guard let last else { return }
            // Not getrusage, which begins with the peak of the process that started this one.
            let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            let peak = line?.split(separator: " ").dropFirst().first.flatMap { Double($0) }.map { $0 * 1024 / 1e6 }
            let json: JSONValue = [
                "seconds": .number(seconds.dropFirst().sorted()[rounds / 2]), "peak": peak.map { .number($0) } ?? .null,
                "slices": .integer(Int64(last.report.slices.count)),
                "tests": .integer(Int64(last.report.tests.count { $0.value != nil })), "values": .object(last.values),
            ]
            output.finish(json.pretty + "\n", json: json)
        }
    }
}

/// Lists, choices and training rows, as the race wrote them.
private struct JudgingArrays {
    let lists: RankedLists
    let truth: SparseRows
    let past: SparseRows
    let train: SparseRows
    let popularity: [Int32]
    static let (k, ks) = (20, [10, 20])

    init(_ folder: String) throws {
        func read<Number: BitwiseCopyable>(_ name: String, as type: Number.Type) throws -> [Number] {
            guard let bytes = FileManager.default.contents(atPath: "\(folder)/\(name).bin") else {
                throw MartletError(
                    .notFound, "\(folder)/\(name).bin does not exist", hint: "Benchmarks/evaluation/run writes it")
            }
            return bytes.withUnsafeBytes { Array($0.bindMemory(to: Number.self)) }
        }
        func rows(_ name: String, _ columns: Int) throws -> SparseRows {
            SparseRows(
                columns: columns, offsets: try read("\(name)-offsets", as: Int64.self).map(Int.init),
                indices: try read(name, as: Int32.self))
        }
        popularity = try read("popularity", as: Int32.self)
        let items = try read("lists", as: Int32.self)
        lists = RankedLists(
            count: items.count / Self.k, k: Self.k, items: items,
            scores: items.indices.map { -Float($0 % Self.k) })
        truth = try rows("truth", popularity.count)
        past = try rows("past", popularity.count)
        train = try rows("train", popularity.count)
    }

    /// All that `martlet evaluate` and `martlet test` measure of lists, but what asks the model again.
    func judge() throws -> (values: [String: JSONValue], report: BehaviourReport) {
        let evaluation = try evaluate(
            name: "lists", lists: lists, truth: truth, ks: Self.ks, itemCount: popularity.count, bootstrapSeed: 1)
        var subject = BehaviourSubject(
            model: "lists", lists: lists, truth: truth, metric: RankingMetric(.recall, at: Self.k),
            popularity: popularity, trainingUsers: train.rows, histories: past, excludesSeen: true)
        let lengths = (0..<past.rows).map { Double(past.range($0).count) }
        let taste = (0..<past.rows).map { user in
            past[user].reduce(0.0) { $0 + Double(popularity[Int($1)]) } / max(lengths[user], 1)
        }
        subject.userSlices = [
            .quantiles("interactions", of: lengths, parts: 10), .quantiles("popularity of the history", of: taste),
        ]
        subject.itemSlices = [.decades("popularity", of: popularity)]
        subject.space = ItemSpace(histories: train, seed: 1)
        let report = try BehaviourReport(
            title: "lists", subject: subject, facts: ProtocolFacts(), configuration: BehaviourConfiguration(),
            ks: Self.ks, seed: 1)
        var values = evaluation.metrics.mapValues { JSONValue.number($0.value) }
        let tally = subject.tally
        values["gini"] = .number(tally.gini(itemCount: popularity.count))
        values["entropy"] = .number(tally.entropy)
        values["distinct"] = .integer(Int64(tally.places.count { $0 > 0 }))
        values["average-popularity"] = .number(tally.mean(of: popularity.map(Float.init)))
        values["tail-share"] = .number(tally.tailShare(popularity: popularity))
        values["popularity-bias"] = report.tests.first { $0.test == "popularity-bias" }?.value.map { .number($0) }
        return (values, report)
    }
}
