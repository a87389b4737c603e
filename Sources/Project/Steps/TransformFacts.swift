import Core
import Foundation
import Warehouse

/// The SQL project as a run built it: what reads what, which tests there were, and how new the sources are.
///
/// The step `transform` leaves it as the artifact `facts.json`. It holds no times of the run and stands in one order, so
/// that equal tables leave equal bytes.
struct TransformFacts: Codable, Sendable {
    /// A source, view or table.
    struct Table: Codable, Sendable {
        var name: String
        var kind: String
        var description: String
        var parents: [String]
        var rows: Int?
    }

    /// A data test.
    struct Test: Codable, Sendable {
        var name: String
        var status: String
        var failures: Int
        var message: String?
    }

    /// A source that says how old it may be.
    struct Source: Codable, Sendable {
        var name: String
        /// When its newest row was made, in seconds since 1970.
        var newest: Double?
        var warnAfter: Double?
        var errorAfter: Double?
    }

    var tables: [Table]
    var tests: [Test]
    var sources: [Source]

    /// Collects what `runner` built.
    ///
    /// - Parameters:
    ///   - report: what it said.
    ///   - loaded: the value of the step `load`, which knows the sources' rows.
    init(_ runner: SQLProjectRunner, report: TransformReport, loaded: JSONValue) {
        let rows = Dictionary(report.models.map { ($0.name, $0.rows) }) { first, _ in first }
        tables = runner.project.lineage().nodes.map { node in
            let source = node.kind == "source" ? node.name.split(separator: ".").last.map(String.init) : nil
            return Table(
                name: node.name, kind: node.kind, description: node.description, parents: node.parents,
                rows: source.map { loaded["sources"]?[$0]?["rows"]?.integer } ?? rows[node.name] ?? nil)
        }
        tests = report.tests.sorted { $0.name < $1.name }.map {
            Test(name: $0.name, status: $0.status.rawValue, failures: $0.failures, message: $0.message)
        }
        let now = Date().timeIntervalSince1970
        let ages = Dictionary(((try? runner.freshness())?.sources ?? []).map { ($0.name, $0.age) }) { first, _ in first
        }
        sources = runner.project.sources.filter { ages[$0.node.description] != nil }.map { source in
            Source(
                name: source.node.description,
                // The age was asked for a moment after `now`; rows are dated to the second.
                newest: ages[source.node.description]??.subtracted(from: now),
                warnAfter: source.freshness?.warnAfter, errorAfter: source.freshness?.errorAfter)
        }.sorted { $0.name < $1.name }
    }

    /// Writes the facts as JSON, keys sorted.
    ///
    /// - Throws: `outOfSpace` or `system` if the file cannot be written.
    func write(to path: String) throws {
        try AtomicFile.write(try JSONValue(encoding: self).pretty + "\n", to: path)
    }
}

extension Double {
    fileprivate func subtracted(from now: Double) -> Double { (now - self).rounded() }
}
