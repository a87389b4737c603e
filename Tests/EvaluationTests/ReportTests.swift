import Core
import Evaluation
import Tensor
import Testing

struct ReportTests {
    static func report() throws -> EvaluationReport {
        let good = try IntervalTests.measure(IntervalTests.coin(users: 300, share: 0.6, seed: 1), name: "two-tower")
        let poor = try IntervalTests.measure(IntervalTests.coin(users: 300, share: 0.2, seed: 2), name: "a<b>&c")
        return EvaluationReport(
            title: "shop", protocol: "split by time", models: [poor, good], winner: "two-tower", selectedBy: "recall@1",
            notes: ["the first note"],
            trainings: [
                "two-tower": [
                    "loss": [3.5, 2.25, 2], "validation": [0.1, 0.3, 0.25], "bestEpoch": 2,
                    "validationMetric": "recall@1",
                ]
            ], seed: 3)
    }

    @Test func jsonComesBack() throws {
        let report = try Self.report()
        let again = try EvaluationReport(json: JSONValue(parsing: report.json.pretty))
        #expect(again.json == report.json)
        #expect(
            report.json["models"]?.array?[1]["metrics"]?["recall@1"]?["value"]?.number
                == report.models[1].value("recall@1"))
        #expect(throws: MartletError.self) { try EvaluationReport(json: ["title": "shop"]) }
    }

    @Test func plainWords() throws {
        let report = try Self.report()
        #expect(report.notes.first == "the first note")
        #expect(report.notes.contains { $0.hasPrefix("two-tower beats a<b>&c on recall@1 by 0.") })
        let reversed = EvaluationReport(
            title: "shop", protocol: "", models: report.models, winner: "a<b>&c", selectedBy: "recall@1")
        #expect(reversed.notes.contains { $0.hasPrefix("a<b>&c does not beat two-tower on recall@1: it is 0.") })
        #expect(reversed.notes.contains { $0.contains("on the window shown here two-tower has the highest recall@1") })
    }

    @Test func tableIsAligned() throws {
        let lines = try Self.report().terminalTable(color: false).split(separator: "\n")
        let rows = lines[1...3]
        #expect(Set(rows.map(\.count)).count == 1)
        #expect(rows.last!.hasPrefix("★ two-tower"))
        #expect(try Self.report().terminalTable(color: true).contains("\u{1B}["))
        #expect(!lines.joined().contains("\u{1B}"))
    }

    @Test func pageStandsAlone() throws {
        let page = try Self.report().html()
        #expect(page.contains("a&lt;b&gt;&amp;c") && !page.contains("a<b>"))
        #expect(!page.contains("http") && !page.contains("<script"))
        #expect(page.contains("prefers-color-scheme:dark"))
        #expect(page.contains("recall@1 on validation"))
        for tag in ["section", "figure", "table", "svg", "tr", "ul"] {
            let opened = page.components(of: "<\(tag)") - (tag == "tr" ? page.components(of: "<track") : 0)
            #expect(opened == page.components(of: "</\(tag)>"), "\(tag)")
        }
    }
}

extension String {
    /// How often `part` stands in the text.
    func components(of part: String) -> Int { ranges(of: part).count }
}
