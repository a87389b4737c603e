/// How one session of a run left a step.
enum StepOutcome: Sendable {
    case finished(StepResult, seconds: Double)
    case wasDone(StepResult)
    case reused(StepResult, String)
    case caught(StepResult, any Error, seconds: Double)
    case failed(any Error, seconds: Double)
    case skipped(String)
    case cancelled

    var result: StepResult? {
        switch self {
        case .finished(let result, _), .wasDone(let result), .reused(let result, _), .caught(let result, _, _): result
        case .failed, .skipped, .cancelled: nil
        }
    }

    var error: (any Error)? { if case .failed(let error, _) = self { error } else { nil } }

    func summary(of name: String) -> RunSummary.Step {
        switch self {
        case .finished(_, let seconds):
            .init(name: name, state: .finished, wasDone: false, seconds: seconds, message: nil)
        case .wasDone: .init(name: name, state: .finished, wasDone: true, seconds: 0, message: nil)
        case .reused(_, let message):
            .init(name: name, state: .reused, wasDone: false, seconds: 0, message: message)
        case .caught(_, let error, let seconds):
            .init(name: name, state: .caught, wasDone: false, seconds: seconds, message: "\(error)")
        case .failed(let error, let seconds):
            .init(name: name, state: .failed, wasDone: false, seconds: seconds, message: "\(error)")
        case .skipped(let message):
            .init(name: name, state: .skipped, wasDone: false, seconds: 0, message: message)
        case .cancelled: .init(name: name, state: .cancelled, wasDone: false, seconds: 0, message: nil)
        }
    }
}
