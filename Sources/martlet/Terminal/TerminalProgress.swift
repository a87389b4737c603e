import Core
import Synchronization

/// Draws progress on standard error: one line that is redrawn on a terminal, plain lines elsewhere.
final class TerminalProgress: ProgressReporting {
    private struct State {
        var started: [String: ContinuousClock.Instant] = [:]
        var drawn: ContinuousClock.Instant?
        var isLineOpen = false
    }

    private let isTerminal = OutputStream.standardError.isTerminal
    private let style = Style(for: .standardError)
    private let state = Mutex(State())

    /// The least time between two drawings: a person cannot read faster, and a log file should stay short.
    private var interval: Duration { isTerminal ? .milliseconds(100) : .seconds(10) }

    func begin(_ task: String) {
        state.withLock { $0.started[task] = .now }
    }

    func update(_ task: String, done: Int, total: Int?, unit: String, note: String) {
        state.withLock { state in
            let now = ContinuousClock.now
            if let drawn = state.drawn, now - drawn < interval { return }
            let started = state.started[task] ?? now
            if state.drawn == nil, now - started < .milliseconds(500) { return }
            state.drawn = now
            let seconds = (now - started).seconds
            let rate = seconds > 0 ? Double(done) / seconds : 0
            var line = "\(task)  \(Self.short(Double(done)))"
            if let total, total > 0 {
                line += " of \(Self.short(Double(total))) \(unit), \(done * 100 / total) %"
            } else {
                line += " \(unit)"
            }
            if rate > 0 { line += "  \(Self.short(rate)) \(unit)/s" }
            if let total, rate > 0, done < total { line += "  \(Self.time(Double(total - done) / rate)) left" }
            if !note.isEmpty { line += "  \(note)" }
            draw(line, state: &state)
        }
    }

    func end(_ task: String, summary: String) {
        state.withLock { state in
            let seconds = state.started.removeValue(forKey: task).map { (.now - $0).seconds } ?? 0
            clear(&state)
            writeLine(
                "\(style.success("✓")) \(task)  \(summary)\(summary.isEmpty ? "" : "  ")\(style.faint(Self.time(seconds)))",
                to: .standardError)
            state.drawn = nil
        }
    }

    func note(_ message: String) {
        state.withLock { state in
            clear(&state)
            writeLine("  \(message)", to: .standardError)
        }
    }

    private func draw(_ line: String, state: inout State) {
        if isTerminal {
            writeText("\r\u{1B}[K\(String(line.prefix(150)))", to: .standardError)
            state.isLineOpen = true
        } else {
            writeLine("  \(line)", to: .standardError)
        }
    }

    private func clear(_ state: inout State) {
        if state.isLineOpen { writeText("\r\u{1B}[K", to: .standardError) }
        state.isLineOpen = false
    }

    /// `31.8M` for 31,800,000.
    static func short(_ value: Double) -> String {
        let (scaled, suffix) =
            value >= 1e9
            ? (value / 1e9, "G") : value >= 1e6 ? (value / 1e6, "M") : value >= 1e4 ? (value / 1e3, "k") : (value, "")
        if suffix.isEmpty { return String(Int(scaled)) }
        let tenths = Int((scaled * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)\(suffix)"
    }

    /// `1m 12s` for 72 seconds.
    static func time(_ seconds: Double) -> String {
        if seconds < 10 { return "\(Int((seconds * 10).rounded()) / 10).\(Int((seconds * 10).rounded()) % 10)s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole)s" }
        if whole < 3600 { return "\(whole / 60)m \(whole % 60)s" }
        return "\(whole / 3600)h \(whole % 3600 / 60)m"
    }
}

extension Duration {
    /// The length in seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
