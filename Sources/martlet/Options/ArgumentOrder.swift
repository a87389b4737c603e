import ArgumentParser

/// Options before a subcommand's name: `martlet explain --project shop list` as well as `martlet explain list --project
/// shop`.
///
/// A command that does something without a subcommand has its options, so the parser would take the name for a word too
/// many.
enum ArgumentOrder {
    /// Options that every subcommand on a project has, and whether a value follows.
    private static let shared = ["--project": true, "-C": true, "--json": false, "--quiet": false, "-q": false]

    /// The arguments with a subcommand's name in front of the options that all have.
    static func ordered(_ arguments: [String], of root: any ParsableCommand.Type) -> [String] {
        guard let first = arguments.first,
            let command = root.configuration.subcommands.first(where: { $0._commandName == first })
        else { return arguments }
        let names = Set(command.configuration.subcommands.map { $0._commandName })
        var place = 1
        while place < arguments.count {
            let argument = arguments[place]
            if argument.hasPrefix("--project=") {
                place += 1
            } else if let hasValue = shared[argument] {
                place += hasValue ? 2 : 1
            } else {
                break
            }
        }
        guard place > 1, place < arguments.count, names.contains(arguments[place]) else { return arguments }
        return [first, arguments[place]] + arguments[1..<place] + arguments[(place + 1)...]
    }
}
