import Core
import Foundation
import Testing

/// What became of the server and its clients while one thing went wrong: a line of the table that `make chaos` prints.
struct FaultReport {
    /// The file that collects the lines; nil in an ordinary run of the tests, which leaves the long faults out.
    static let file = ProcessInfo.processInfo.environment["MARTLET_CHAOS"].flatMap { $0.isEmpty ? nil : $0 }

    let name: String
    var counts: FaultLoad.Counts
    /// Events that were acknowledged and are not in the log.
    var lost = 0
    /// MB.
    var peak = 0.0

    init(_ name: String, _ counts: FaultLoad.Counts = .init()) {
        self.name = name
        self.counts = counts
    }

    /// Counts the acknowledged events that the log in `folder` does not hold.
    mutating func look(for events: [String], in folder: String) {
        var found: Set<String> = []
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.hasSuffix(".jsonl")
        {
            let text = (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? ""
            for line in text.split(separator: "\n") {
                if let id = (try? JSONValue(parsing: String(line)))?["id"]?.string { found.insert(id) }
            }
        }
        lost = events.count { !found.contains($0) }
    }

    /// Holds the counts against what every fault must leave behind, and hands the line over.
    ///
    /// - Parameters:
    ///   - server: asked for its memory, then stopped: it must still be there.
    ///   - mayFail: whether requests may fail while it lasts, because there is no server to answer them.
    mutating func finish(_ server: FaultServer, mayFail: Bool = false) throws {
        peak = server.peakMegabytes
        #expect(server.stop(), "the server crashed: \(server.lastWords)")
        try hold(mayFail: mayFail)
    }

    /// The same for a server that goes on.
    func hold(mayFail: Bool = false) throws {
        #expect(counts.requests > 0)
        #expect(mayFail || counts.failures == 0, "\(name): \(counts.examples)")
        #expect(counts.lateFailures == 0, "\(name): a second later requests still fail: \(counts.examples)")
        #expect(counts.lateRefused == 0, "\(name): a second later events are still refused")
        #expect(lost == 0, "\(name): acknowledged events are lost")
        #expect(peak < 1500, "\(name): the server took \(peak) MB")
        guard let file = Self.file else { return }
        let line: JSONValue = [
            "fault": .string(name), "requests": .integer(Int64(counts.requests)),
            "failures": .integer(Int64(counts.failures)), "late": .integer(Int64(counts.lateFailures)),
            "fallbacks": .integer(Int64(counts.fallbacks)), "refused": .integer(Int64(counts.refused)),
            "acknowledged": .integer(Int64(counts.acknowledged.count)), "lost": .integer(Int64(lost)),
            "slowest": .number(counts.slowest), "peak": .number(peak),
        ]
        if !FileManager.default.fileExists(atPath: file) {
            _ = FileManager.default.createFile(atPath: file, contents: nil)
        }
        let handle = try FileHandle(forWritingTo: URL(filePath: file))
        handle.seekToEndOfFile()
        handle.write(Data((line.description + "\n").utf8))
        try handle.close()
    }
}
