import Core
import Evaluation
import Flow
import Foundation
import Generator
import Models
import Project
import Stores
import TestSupport
import Testing
import Warehouse

/// Bad models, through the whole flow from files to the gate: each is stopped, for the right reason.
@Suite(.enabled(if: (try? Warehouse(.duckdb())) != nil, "DuckDB's library is not installed"))
struct GateTests {
    /// A generated shop and its project.
    final class Shop {
        let folder: String

        /// - Parameter onlineRetail: the invoices of Online Retail; nil generates a shop.
        init(onlineRetail: String? = nil) throws {
            folder = FileManager.default.temporaryDirectory.path + "/martlet-gate-\(UUID().uuidString)"
            if let onlineRetail {
                try Template("online-retail").write(to: "\(folder)/shop", shop: "shop", data: onlineRetail)
            } else {
                let generator = try ShopGenerator(
                    configuration: GeneratorConfiguration(users: 600, items: 200, transactions: 15_000, seed: 4))
                _ = try generator.write(to: "\(folder)/data")
                try Template("hm").write(to: "\(folder)/shop", shop: "shop", data: "\(folder)/data", testDays: 28)
            }
            try ModelRegistry.register(RandomScores.self)
            try ModelRegistry.register(BestsellersOnly.self)
            try ModelRegistry.register(TestReader.self)
            try ModelRegistry.register(TestLearner.self)
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        /// The project with other models and tests.
        func project(_ models: String, tests: String = "{}") throws -> ProjectConfiguration {
            let path = "\(folder)/shop/martlet.yml"
            var text = try String(contentsOfFile: path, encoding: .utf8)
            text = text.replacingOccurrences(
                of: #"models:.*\n(  .*\n)*"#, with: "models: \(models)\n", options: .regularExpression)
            text = text.replacingOccurrences(of: #"(?m)^tests: .*\n"#, with: "", options: .regularExpression)
            try AtomicFile.write(text + "tests: \(tests)\n", to: path)
            let diagnostics = Diagnostics()
            let project = try ProjectConfiguration(folder: "\(folder)/shop", diagnostics: diagnostics)
            try diagnostics.throwIfAny()
            return project
        }

        /// Runs the whole project in this process.
        func run(_ models: String, tests: String = "{}") async throws -> (RunSummary, BehaviourReport) {
            let runner = try ShopRunner(project(models, tests: tests))
            let summary = try await runner.run()
            if summary.steps.first(where: { $0.name == "test" })?.state.hasResult != true { try summary.check() }
            return (summary, try BehaviourReport(json: runner.result(of: .test, run: summary.run).value))
        }
    }

    private func stopped(_ summary: RunSummary) -> String {
        #expect(summary.steps.first { $0.name == "gate" }?.state == .failed)
        #expect(summary.steps.first { $0.name == "publish" }?.state == .skipped)
        #expect((summary.failure as? MartletError)?.code == .failedCheck)
        return "\(summary.failure.map { "\($0)" } ?? "")"
    }

    @Test func badModelsAreStoppedForTheRightReason() async throws { try await stopsBadModels(Shop()) }

    @Test(.enabled(if: SharedData.onlineRetail != nil, "Online Retail is not there: MARTLET_SHARED_DATA"))
    func badModelsOfOnlineRetailAreStoppedForTheRightReason() async throws {
        try await stopsBadModels(Shop(onlineRetail: SharedData.onlineRetail))
    }

    private func stopsBadModels(_ shop: Shop) async throws {
        let (good, report) = try await shop.run("{popularity: {}, item-cosine: {}}")
        try good.check()
        #expect(report.passes && report.blockers.isEmpty, "\(report.reasons)")
        #expect(good.steps.first { $0.name == "publish" }?.state == .finished)

        let (random, randomReport) = try await shop.run("{mine: {kind: random-scores}}")
        let randomText = stopped(random)
        #expect(randomText.contains("better-than-random") && randomText.contains("beats-popularity"))
        #expect(randomReport.blockers.isEmpty, "\(randomReport.findings)")
        #expect(randomReport.failures.allSatisfy { $0.examples.count == 10 })

        let (common, commonReport) = try await shop.run("{mine: {kind: bestsellers-only}}")
        let commonText = stopped(common)
        #expect(commonText.contains("personalization") && commonText.contains("common-list"))
        #expect(Set(commonReport.failures.map(\.test)) == ["personalization", "common-list"])
        #expect(commonReport.blockers.isEmpty, "\(commonReport.findings)")

        let (reading, readingReport) = try await shop.run("{mine: {kind: test-reader}}")
        #expect(stopped(reading).contains("reads-the-test"))
        #expect(readingReport.blockers.contains { $0.rule == .readsTheTest && $0.examples.count == 10 })

        let (learning, learningReport) = try await shop.run("{mine: {kind: test-learner}}")
        #expect(stopped(learning).contains("suspicious-score"))
        #expect(learningReport.blockers.contains { $0.rule == .suspiciousScore })
        #expect(!learningReport.blockers.contains { $0.rule == .readsTheTest })

        // What was published first is what is live still.
        let project = try shop.project("{popularity: {}, item-cosine: {}}")
        let store = try await project.publishing.store.open(readOnly: true)
        let versions = try await ListPublisher(store: store, shop: project.name).versions()
        await store.close()
        #expect(versions.map(\.version) == [1] && versions[0].isLive)
    }

    /// A declared popularity model is a baseline that one may publish; a threshold of the project's own stops it.
    @Test func thresholdsOfTheProjectStop() async throws {
        let shop = try Shop()
        let (declared, report) = try await shop.run("{popularity: {}}")
        try declared.check()
        #expect(report.tests.first { $0.test == "personalization" }?.state == .warned)
        #expect(report.slices.contains { $0.slicing == "age" } && report.slices.contains { $0.isOfItems })

        let (written, writtenReport) = try await shop.run(
            "{popularity: {}, item-cosine: {}}",
            tests: "{worst-slice: 0.999, price: product_code, champion: popularity, rerun-noise: {max: 0.1}, "
                + "slices: {users: [club_member_status], minimum: 20}}")
        let failure = try #require(writtenReport.tests.first { $0.test == "worst-slice" })
        #expect(failure.slice != nil)
        #expect(writtenReport.tests.first { $0.test == "champion" }?.value != nil)
        #expect(writtenReport.tests.first { $0.test == "rerun-noise" }?.value == 0, "counting has no seed")
        #expect(writtenReport.tests.first { $0.test == "price-homogeneity" }?.value != nil)
        #expect(writtenReport.tests.first { $0.test == "perturbation-drop" }?.value ?? 0 > 0.1)
        if failure.state == .failed {
            #expect(stopped(written).contains("worst-slice") && failure.examples.count == 10)
        }
    }

    @Test(arguments: [
        ("{champion: item-cosin}", "did you mean 'item-cosine'?"), ("{slices: {users: [aeg]}}", "did you mean 'age'?"),
        ("{recall@77: 0.1}", "is not measured"), ("{worst-slices: 0.5}", "did you mean 'worst-slice'?"),
    ])
    func faultsAreExplained(tests: String, words: String) throws {
        let diagnostics = Diagnostics()
        let text =
            ProjectConfigurationTests.valid
            + "\nusers: {table: users, id: id}\nfeatures: {user: {age: categorify}}\ntests: \(tests)\n"
        _ = try ProjectConfiguration(
            file: ConfigurationNode(yaml: text, file: "martlet.yml"), folder: "shop", diagnostics: diagnostics)
        #expect(diagnostics.errors.count == 1)
        #expect(diagnostics.errors.first?.description.contains(words) == true, "\(diagnostics.errors)")
    }
}
