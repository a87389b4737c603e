import Evaluation
import FoundationEssentials

/// Times, sizes and counts as people read them.
package enum Wording {
    /// `0.42 s`, `12.3 s`, `3 min 12 s`, `1 h 04 min`, `3 days`.
    package static func span(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0 else { return "–" }
        if seconds < 10 { return "\(fixed(seconds, digits: 2)) s" }
        if seconds < 60 { return "\(fixed(seconds, digits: 1)) s" }
        let whole = Int(seconds.rounded())
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        if whole < 48 * 3600 { return "\(whole / 3600) h \(whole % 3600 / 60) min" }
        return "\(whole / 86_400) days"
    }

    /// A moment with its ISO form for machines: `2026-11-24 14:27 UTC`.
    static func moment(_ seconds: Double) -> HTML {
        let iso = Date(timeIntervalSince1970: seconds.rounded(.down)).formatted(.iso8601)
        let shown = iso.prefix(16).split(separator: "T").joined(separator: " ")
        return "<time datetime=\"\(iso)\">\(shown) UTC</time>"
    }

    /// A day: `2011-12-09`.
    static func day(_ seconds: Double) -> String {
        String(Date(timeIntervalSince1970: seconds.rounded(.down)).formatted(.iso8601).prefix(10))
    }

    /// How long ago: `3 min 12 s ago`.
    static func ago(_ seconds: Double, now: Double) -> String { "\(span(max(0, now - seconds))) ago" }

    /// `1,044,847`
    package static func count(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return value < 0 ? "−" + text : text
    }

    /// `1 user`, `3 users`
    static func count(_ value: Int, _ noun: String) -> String { "\(count(value)) \(noun)\(value == 1 ? "" : "s")" }

    /// `7.6 MB`
    static func bytes(_ value: Int64) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var size = Double(value)
        var unit = 0
        while size >= 1000, unit < units.count - 1 {
            size /= 1000
            unit += 1
        }
        return "\(fixed(size, digits: unit == 0 || size >= 100 ? 0 : 1)) \(units[unit])"
    }

    /// A parameter or metric in few digits: whole numbers whole, others to four significant digits.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        if value == value.rounded(), value.magnitude < 1e9 { return String(Int(value)) }
        if value.magnitude >= 1000 { return fixed(value, digits: 0) }
        if value.magnitude >= 1e-3 { return fixed(value, digits: value.magnitude >= 10 ? 2 : 4) }
        return "\(value)"
    }

    /// `text`, cut to `length` characters with an ellipsis.
    static func short(_ text: String, _ length: Int) -> String {
        text.count <= length ? text : text.prefix(length - 1) + "…"
    }
}
