import ArgumentParser
import Core
import PublicTables

/// What the public tables let one choose.
struct TableOptions: ParsableArguments {
    @Option(help: "The folder with the data, or the file of a table that is one file; gzip is read too.")
    var data: String
    @Option(help: "A model's kind, may be given more than once (default: all models).")
    var model: [String] = []
    @Option(name: .customLong("set"), help: "A hyperparameter, key=value, in place of the table's preset.")
    var settings: [String] = []
    @Option(help: "Where the trainings' random numbers come from.")
    var seed: UInt64 = 42
    @Option(help: "How many threads (default: one a core).")
    var threads: Int?
    @Option(help: "Exactly so many passes, and no fit for choosing.")
    var epochs: Int?
    @Flag(help: "Measure on the rows that choose hyperparameters, without a look at the test rows.")
    var validationOnly = false

    func validate() throws {
        if model.isEmpty, !settings.isEmpty || epochs != nil {
            throw ValidationError("--set and --epochs are one model's: name it with --model")
        }
        if let threads, threads < 1 { throw ValidationError("--threads must be at least 1") }
        if let epochs, epochs < 1 { throw ValidationError("--epochs must be at least 1") }
    }

    /// Trains the models, one after the other, and prints each when it is done.
    func run(_ table: PublicTable, _ output: OutputOptions) throws {
        var bench = PublicTableBench(table, path: data)
        bench.seed = seed
        bench.threads = threads
        bench.isValidationOnly = validationOnly
        bench.progress = output.progress
        let report = PublicTableReport(table, isValidationOnly: validationOnly)
        let settings = try BenchSettings.parse(settings)
        let isTable = model.isEmpty
        var results: [PublicTableResult] = []
        for kind in isTable ? table.models : model {
            do {
                let result = try bench.run(kind, hyperparameters: settings, epochs: epochs)
                // Not before the first is through: a wrong folder should be an error and not half a table.
                let head = results.isEmpty ? report.head + "\n" : ""
                output.finish(head + report.row(result) + "\n", json: result.json)
                results.append(result)
            } catch {
                // One model that cannot be trained must not take a night's other rows with it.
                guard isTable, !results.isEmpty, (error as? MartletError)?.code != .cancelled else { throw error }
                output.finish(
                    report.row(kind, failed: error) + "\n",
                    json: ["model": .string(kind), "error": .string("\(error)")])
            }
        }
        if !output.json { output.finish("\n\(report.foot(results))\n", json: .null) }
    }
}
