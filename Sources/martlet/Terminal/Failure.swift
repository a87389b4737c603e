import ArgumentParser
import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// How the program ends when something went wrong.
enum Failure {
    /// Prints the error to standard error and ends the process: 1 for a failure, 64 for a wrong command line,
    /// 130 after Ctrl-C.
    static func exit(with error: any Error, arguments: [String]) -> Never {
        switch error {
        case let error as MartletError:
            print(error.description, code: error.code == .cancelled ? 130 : 1)
        case let error as InvalidFile:
            print(error.description, code: 1)
        default:
            suggestSubcommand(for: arguments)
            Martlet.exit(withError: error)
        }
    }

    private static func print(_ text: String, code: Int32) -> Never {
        let styled = Style(for: .standardError)
        writeLine("\(styled.failure("error:")) \(text)", to: .standardError)
        Glibc.exit(code)
    }

    /// A mistyped subcommand gets the nearest one that exists.
    private static func suggestSubcommand(for arguments: [String]) {
        guard let word = arguments.first, !word.hasPrefix("-") else { return }
        let names = Martlet.configuration.subcommands.compactMap { $0._commandName as String? }.filter { $0 != "step" }
        guard !names.contains(word), word != "help", word != "step" else { return }
        var text = "there is no subcommand '\(word)'"
        if let name = nearest(to: word, among: names) {
            text += "\n  hint: did you mean 'martlet \(name)'?"
        } else {
            text += "\n  hint: the subcommands are \(names.sorted().joined(separator: ", "))"
        }
        print(text, code: 64)
    }
}
