import ArgumentParser
import Core
import Project

/// `martlet load`
struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read the project's files into the warehouse.",
        discussion: """
            Files that were loaded before are not read again; a changed or new delivery becomes a new version, and the
            newest is what the SQL sees. Rows that do not parse go to a rejects table with file, line and reason.

            Example: martlet load --project shop
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions
    func run() async throws { try await ProjectRunner(project, output).run(upTo: .load) }
}

/// `martlet transform`
struct Transform: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Build the SQL project's tables, and test them.",
        discussion: """
            The folder sql/ has dbt's own layout, and real dbt builds it to the same tables.

            Example: martlet transform --select +interactions
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "Build these models only, in dbt's selection syntax; what is loaded already is used as it is.")
    var select: String?

    @Flag(help: "Print which model is made from which, as a graph in the DOT language, and build nothing.")
    var lineage = false

    @Flag(help: "Check how fresh the sources are, and build nothing.")
    var freshness = false

    @Option(help: "Write each model's SQL, as it would be sent, into this folder, and build nothing.")
    var compiled: String?

    func run() async throws {
        let runner = ProjectRunner(project, output)
        if let compiled { return try runner.writeCompiled(to: compiled) }
        if lineage { return try runner.printLineage() }
        if freshness { return try runner.checkFreshness() }
        if let select { return try runner.transform(select: select) }
        try await runner.run(upTo: .transform)
    }
}

/// `martlet train`
struct Train: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train every model of the project, each point of a grid in a process of its own.",
        discussion: "Example: martlet train --project shop")
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions
    func run() async throws { try await ProjectRunner(project, output).run(upTo: .train) }
}

/// `martlet evaluate`
struct Evaluate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Judge the models on the test window, baselines beside the winner.",
        discussion: """
            All items are ranked for every user. The table shows each metric with its 95 % confidence interval; the same
            report is written as a page, whose path is printed.

            Example: martlet evaluate --json
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions
    func run() async throws { try await ProjectRunner(project, output).run(upTo: .evaluate) }
}

/// `martlet recommend`
struct Recommend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the lists of all users, exactly, without publishing them.",
        discussion: "Example: martlet recommend --user 13085 --k 5")
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "Print the list of this user; may be given several times.")
    var user: [String] = []

    @Option(help: "How many items to print for each user (default: all of the list).")
    var k: Int?

    func validate() throws {
        if let k, k < 1 { throw ValidationError("--k must be at least 1, found \(k)") }
    }

    func run() async throws {
        try await ProjectRunner(project, output).run(upTo: .recommend, users: user, k: k)
    }
}

/// `martlet publish`
struct Publish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the lists into the store beside the live ones, check them, and make them live.",
        discussion: "Example: martlet publish --project shop")
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions
    func run() async throws { try await ProjectRunner(project, output).run(upTo: .publish) }
}

/// `martlet run`
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Everything: files to published lists, as a graph of steps.",
        discussion: """
            Steps whose inputs, parameters and code have not changed are taken from earlier runs. A run that was stopped
            or killed is taken up again with --resume; finished steps are not repeated.

            Example: martlet run --json
                     martlet run --from select --tag why=new-metric
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Flag(inversion: .prefixedNo, help: "Take up the project's last run if it did not finish.")
    var resume = true

    @Option(help: "Compute this step of the last run again, and everything behind it.")
    var from: String?

    @OptionGroup var label: LabelOptions

    @Option(help: "Where trainings run: 'here', or 'slurm' for jobs of a cluster that shares this folder.")
    var on = "here"

    @Option(help: "An option for sbatch, such as --partition=gpu; may be given several times.")
    var sbatch: [String] = []

    func validate() throws {
        guard ["here", "slurm"].contains(on) else {
            throw ValidationError("--on must be 'here' or 'slurm', found '\(on)'")
        }
    }

    func run() async throws {
        try await ProjectRunner(project, output).run(
            upTo: .publish, resumes: resume, from: from, label: try label.label, slurm: on == "slurm" ? sbatch : nil)
    }
}

/// `martlet features`
struct FeaturesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "features", abstract: "Encode the tables into the dataset that models learn from.",
        discussion: """
            A folder of .npy columns, cut by time; everything that is learned (vocabularies, means) is learned before the
            validation window. The subcommands are about the feature store: what is known of users and items now, read
            while a page waits.

            Example: martlet features --project shop
                     martlet features materialize
            """,
        subcommands: [
            FeaturesApply.self, FeaturesMaterialize.self, FeaturesGet.self, FeaturesPush.self, FeaturesValidate.self,
            FeaturesJoin.self,
        ])
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions
    func run() async throws { try await ProjectRunner(project, output).run(upTo: .features) }
}
