import Core
import Foundation
import Pipeline
import Testing

/// Who is in which variant, and what the declaration of experiments refuses.
@Suite struct ExperimentPlanTests {
    private func plan(_ experiments: String, pipeline: String = "category: kind") throws -> ExperimentPlan {
        try SmallShop.configuration("\(pipeline)\nexperiments:\n\(experiments)").plan
    }

    /// χ² of a table of counts against what is expected of each cell.
    private func chiSquare(_ found: [Int], _ expected: [Double]) -> Double {
        zip(found, expected).reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) / $1.1 }
    }

    private static let split = "  a: {variants: {x: {share: 0.5}, y: {share: 0.3, k: 5}, z: {share: 0.2, rank: none}}}"

    /// Users must stay where they are when the program is rebuilt: the choices of ten users, as they were first made.
    @Test func choicesAreForEver() throws {
        let plan = try plan(Self.split)
        let chosen = (0..<10).map { plan.assignment(of: "user-\($0)").variant(at: 0)! }
        #expect(chosen == (0..<10).map { plan.assignment(of: "user-\($0)").variant(at: 0)! })
        let again = try self.plan(Self.split)
        #expect((0..<1000).allSatisfy { plan.assignment(of: "\($0)") == again.assignment(of: "\($0)") })
        #expect(chosen == Self.golden, "\(chosen)")
    }
    private static let golden = [0, 0, 2, 0, 0, 0, 1, 2, 0, 2]

    /// 100,000 users: χ² of two degrees of freedom lies below 13.8 but once in a thousand times.
    @Test func sharesAreKept() throws {
        let plan = try plan(Self.split)
        var counts = [0, 0, 0]
        for user in 0..<100_000 { counts[plan.assignment(of: "\(user)").variant(at: 0)!] += 1 }
        #expect(chiSquare(counts, [50_000, 30_000, 20_000]) < 13.8, "\(counts)")
    }

    /// The cells of two experiments side by side: four degrees of freedom, 18.5 once in a thousand times.
    @Test func experimentsAreIndependent() throws {
        let plan = try plan(
            Self.split + "\n  b: {share: 0.6, variants: {u: {}, v: {filters: []}, w: {deadline-ms: 9}}}")
        var counts = [Int](repeating: 0, count: 9)
        var taking = 0
        for user in 0..<100_000 {
            let assignment = plan.assignment(of: "customer/\(user)")
            guard let other = assignment.variant(at: 1) else { continue }
            taking += 1
            counts[assignment.variant(at: 0)! * 3 + other] += 1
        }
        #expect(abs(taking - 60_000) < 600)
        let expected = [0.5, 0.3, 0.2].flatMap { share in (0..<3).map { _ in share * Double(taking) / 3 } }
        #expect(chiSquare(counts, expected) < 26.1, "\(counts)")
    }

    @Test func aGroupSharesNoUser() throws {
        let plan = try plan(
            """
              a: {group: page, share: 0.5, variants: {x: {}, y: {rank: none}}}
              b: {group: page, share: 0.3, variants: {x: {}, y: {rank: none}}}
              c: {variants: {x: {}, y: {k: 3}}}
            """)
        var counts = [0, 0, 0]
        for user in 0..<50_000 {
            let assignment = plan.assignment(of: "u\(user)")
            let (a, b) = (assignment.variant(at: 0) != nil, assignment.variant(at: 1) != nil)
            #expect(!(a && b) && assignment.variant(at: 2) != nil)
            counts[a ? 0 : b ? 1 : 2] += 1
        }
        #expect(chiSquare(counts, [25_000, 15_000, 10_000]) < 13.8, "\(counts)")
    }

    @Test func anotherSaltDrawsAnew() throws {
        let (old, new) = (
            try plan("  a: {variants: {x: {}, y: {k: 5}}}"),
            try plan("  a: {salt: again, variants: {x: {}, y: {k: 5}}}")
        )
        let same = (0..<10_000).count { old.assignment(of: "\($0)") == new.assignment(of: "\($0)") }
        #expect(abs(same - 5000) < 250)
    }

    @Test func allFaultsAreShownAtOnceEachWithItsPlace() throws {
        let text = """
            category: kind
            experiments:
              one:
                kind: splt
                variants: {x: {}, y: {rernak: []}}
              two: {share: 1.5, variants: {x: {share: 0.5}, y: {share: 0.4}}}
              three: {kind: interleave, variants: {x: {}}}
              four: {group: g, share: 0.7, variants: {x: {}, y: {rank: {model: dlrn}}}}
              five: {group: g, share: 0.7, variants: {x: {}, y: {rank: none}}}
              six: {variants: {x: {}, y: {rank: none}}}
              seven: {kind: shadow, variants: {x: {sources: [towr]}}}
              eight: {variants: {x: {}, y: {sources: [trending: {take: 5, quota: 9}]}}}
              "nine ten": {variants: {x: {}, y: {k: 3}}}
            """
        let error = #expect(throws: InvalidFile.self) { try SmallShop.configuration(text) }
        let told = (error?.errors ?? []).map { ($0.location.map { "\($0.line)" } ?? "-", $0.description) }
        func has(_ line: String, _ words: String...) -> Bool {
            told.contains { entry in entry.0 == line && words.allSatisfy { entry.1.contains($0) } }
        }
        #expect(has("4", "splt", "did you mean 'split'?"))
        #expect(has("5", "rernak", "did you mean 'rerank'?"))
        #expect(has("6", "two.share", "0.0…1.0"))
        #expect(has("6", "add up to 0.9"))
        #expect(has("7", "1 variants", "'interleave' needs 2"))
        #expect(has("8", "no model 'dlrn'", "did you mean 'dlrm'?"))
        #expect(has("9", "group 'g'", "1.4"))
        #expect(has("10", "'four' and 'six' both set 'rank'", "same 'group'"))
        #expect(has("11", "towr", "did you mean 'tower'?"))
        #expect(has("12", "quota", "only 5 items"))
        #expect(has("13", "nine ten"))
        #expect(has("3", "512 combinations"))
        #expect(told.count == 14, "\(told.map(\.1).joined(separator: "\n"))")
    }

    @Test func aVariantsModelsBelongToTheBundle() throws {
        let configuration = try SmallShop.configuration(
            "{category: kind, rank: none, experiments: {a: {variants: {x: {}, y: {rank: {model: dlrm}}}}}}")
        #expect(configuration.ranker == nil && configuration.rankers == ["dlrm"])
        #expect(try SmallShop.configuration("{}").rankers == ["dlrm"])
    }
}
