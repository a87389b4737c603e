import Core
import FoundationEssentials

/// One file of an event log: `events-0000000012-20261124T121530Z.jsonl`.
///
/// A segment is written by one process in one go. After a restart and after any fault a new one begins, so that a place
/// in a file means the same bytes for ever: whoever reads along remembers how far.
public struct EventSegment: Sendable, Hashable {
    /// Where it lies.
    public var path: String
    /// Its number; later segments have higher ones.
    public var number: Int
    /// When it was begun, in seconds since 1970.
    public var started: Int

    /// The file's name.
    public var name: String { String(path[path.index(after: path.lastIndex(of: "/") ?? path.startIndex)...]) }

    private static let prefix = "events-"
    private static let suffix = ".jsonl"

    /// Names a segment that is to be written.
    init(folder: String, number: Int, started: Int) {
        let digits = String(number)
        let moment = EventTime.text(Int64(started) * 1_000_000).prefix(19).filter { $0 != "-" && $0 != ":" }
        path =
            "\(folder)/\(Self.prefix)\(String(repeating: "0", count: max(0, 10 - digits.count)))\(digits)-"
            + "\(moment)Z\(Self.suffix)"
        self.number = number
        self.started = started
    }

    /// Takes a file's name apart; nil if it is no segment's.
    init?(folder: String, name: String) {
        guard name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix) else { return nil }
        let parts = name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count).split(separator: "-")
        guard parts.count == 2, let number = Int(parts[0]), parts[1].utf8.count == 16 else { return nil }
        let digits = Array(parts[1])
        func part(_ from: Int, _ count: Int) -> String { String(digits[from..<from + count]) }
        let text = "\(part(0, 4))-\(part(4, 2))-\(part(6, 2))T\(part(9, 2)):\(part(11, 2)):\(part(13, 2))Z"
        guard digits[8] == "T", digits[15] == "Z", let moment = EventTime.parse(text.utf8) else { return nil }
        path = "\(folder)/\(name)"
        self.number = number
        started = Int(moment / 1_000_000)
    }

    /// The segments of a folder, oldest first; none if there is no such folder.
    public static func all(in folder: String) -> [EventSegment] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { EventSegment(folder: folder, name: $0) }.sorted { $0.number < $1.number }
    }
}
