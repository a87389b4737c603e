import Core
import Foundation
import PublicTables
import Synchronization

/// `quality [gowalla|beauty] --model NAME…`: see Benchmarks/quality/run.
@main
struct Quality {
    var table = PublicTable.gowalla
    var data: String?
    var shared = "../shared/data"
    var models: [String] = []
    var settings: [String] = []
    var seed: UInt64 = 42
    var threads: Int?
    var epochs: Int?
    var isValidationOnly = false
    var isQuiet = false

    static func main() {
        do {
            try Quality(arguments: CommandLine.arguments.dropFirst()).run()
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            exit(1)
        }
    }

    init(arguments: ArraySlice<String>) throws {
        var rest = arguments
        func wrong(_ what: String) -> MartletError {
            MartletError(.invalidConfiguration, what, hint: "Benchmarks/quality/run says what there is")
        }
        func value<T>(_ option: String, _ read: (String) -> T?) throws -> T {
            guard let text = rest.popFirst(), let value = read(text) else { throw wrong("\(option) needs a value") }
            return value
        }
        while let argument = rest.popFirst() {
            switch argument {
            case "--model": models.append(try value(argument) { $0 })
            case "--data": data = try value(argument) { $0 }
            case "--shared": shared = try value(argument) { $0 }
            case "--set": settings.append(try value(argument) { $0 })
            case "--seed": seed = try value(argument) { UInt64($0) }
            case "--threads": threads = try value(argument) { Int($0) }
            case "--epochs": epochs = try value(argument) { Int($0) }
            case "--validation-only": isValidationOnly = true
            case "--quiet": isQuiet = true
            default:
                guard let table = PublicTable(rawValue: argument) else { throw wrong("unknown argument '\(argument)'") }
                self.table = table
            }
        }
        if models.isEmpty { throw wrong("--model is missing") }
    }

    func run() throws {
        var bench = PublicTableBench(table, path: data ?? "\(shared)/\(table.rawValue)")
        bench.seed = seed
        bench.threads = threads
        bench.isValidationOnly = isValidationOnly
        if !isQuiet { bench.progress = PlainProgress() }
        let settings = try BenchSettings.parse(settings)
        for model in models {
            let result = try bench.run(model, hyperparameters: settings, epochs: epochs)
            FileHandle.standardOutput.write(Data("\(result.json)\n".utf8))
        }
    }
}

/// A line on standard error every ten seconds.
final class PlainProgress: Core.ProgressReporting {
    private let last = Mutex(ContinuousClock.now)

    func begin(_ task: String) {}
    func end(_ task: String, summary: String) { write("\(task)  \(summary)") }
    func note(_ message: String) { write(message) }

    func update(_ task: String, done: Int, total: Int?, unit: String, note: String) {
        let isDue = last.withLock { last in
            guard .now - last >= .seconds(10) else { return false }
            last = .now
            return true
        }
        if isDue { write("\(task)  \(done)\(total.map { " of \($0)" } ?? "") \(unit)  \(note)") }
    }

    private func write(_ line: String) { FileHandle.standardError.write(Data("\(line)\n".utf8)) }
}
