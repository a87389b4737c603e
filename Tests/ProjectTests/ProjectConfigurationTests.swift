import Core
import Project
import Testing
import Warehouse

/// What `martlet.yml` may say, and what is said of its faults.
struct ProjectConfigurationTests {
    static let valid = """
        name: shop
        interactions: {table: interactions, user: customer_id, item: article_id, time: t_dat}
        split: {validation: 2020-09-09, test: 2020-09-16}
        models:
          popularity: {}
          item-cosine: {}
        """

    private func read(_ text: String) throws -> (ProjectConfiguration, [MartletError]) {
        let diagnostics = Diagnostics()
        let node = try ConfigurationNode(yaml: text, file: "martlet.yml")
        let project = try ProjectConfiguration(file: node, folder: "shop", diagnostics: diagnostics)
        return (project, diagnostics.errors)
    }

    @Test func aShortFileIsEnough() throws {
        let (project, errors) = try read(Self.valid)
        #expect(errors.isEmpty, "\(errors)")
        #expect(project.models.map(\.name) == ["popularity", "item-cosine"])
        #expect(project.evaluation.select == "recall@12")
        #expect(project.recommendation.k == 24)
        #expect(project.warehouse.driver == "duckdb")
    }

    @Test func allFaultsAreShownAtOnceInTheOrderOfTheFile() throws {
        let (_, errors) = try read(
            """
            name: Shop One
            interactions: {tabel: interactions, user: customer_id, item: article_id, time: t_dat}
            models: {two-towers: {}}
            evaluation: {k: 0}
            recommend: {k: many}
            """)
        #expect(errors.map { $0.location?.line } == [1, 2, 3, 4, 5])
        #expect(errors[1].description.contains("did you mean 'table'?"))
        #expect(errors[2].description.contains("did you mean 'two-tower'?"))
    }

    @Test func aGridIsEveryCombination() throws {
        let (project, errors) = try read(
            Self.valid + "\n  cosine: {kind: item-cosine, grid: {neighbors: [50, 100], shrinkage: [0, 10, 20]}}")
        let points = try #require(project.models.last).points
        guard errors.isEmpty else {
            Issue.record("\(errors)")
            return
        }
        #expect(points.count == 6)
        #expect(Set(points.map(\.label)).count == 6)
        #expect(points[0].hyperparameters["neighbors"]?.integer == 50)
    }

    @Test func aRandomSearchDrawsTheSamePointsForASeed() throws {
        func points(_ trials: Int, seed: Int = 42) throws -> [JSONValue] {
            let search = """
                {kind: item-cosine, search: {trials: \(trials), neighbors: {from: 20, to: 200}, \
                shrinkage: {from: 0.1, to: 100, scale: log}, weighting: [none, bm25]}}
                """
            let (project, errors) = try read("seed: \(seed)\n" + Self.valid + "\n  cosine: " + search)
            #expect(errors.isEmpty, "\(errors)")
            return try #require(project.models.last).points.map(\.hyperparameters)
        }
        let twenty = try points(20)
        #expect(twenty.count == 20)
        #expect(try points(8) == Array(twenty.prefix(8)), "more trials keep the first ones")
        #expect(try points(20, seed: 7) != twenty)
        let neighbors = twenty.compactMap { $0["neighbors"]?.integer }
        #expect(neighbors.count == 20 && neighbors.allSatisfy { (20...200).contains($0) })
        #expect(Set(neighbors).count > 10)
        // On a logarithmic scale half of the draws lie below the geometric mean, √(0.1 · 100) ≈ 3.2.
        let small = twenty.compactMap { $0["shrinkage"]?.number }.count { $0 < 3.2 }
        #expect((4...16).contains(small))
        #expect(Set(twenty.compactMap { $0["weighting"]?.string }) == ["none", "bm25"])
    }

    @Test(arguments: [
        ("{trials: 3}", "names no hyperparameter"), ("{shrinkage: 3}", "must be a list of values or a range"),
        ("{shrinkage: {from: 0, to: 1, scale: log}}", "both above 0"),
        ("{shrinkage: {from: 2, to: 1}}", "'from' below 'to'"), ("{trials: 0, neighbors: [1]}", "trials"),
        ("{neighbours: [1, 2]}", "neighbours"),
    ])
    func faultsOfASearchAreExplained(search: String, words: String) throws {
        let (_, errors) = try read(Self.valid + "\n  cosine: {kind: item-cosine, search: \(search)}")
        #expect(errors.count == 1, "\(errors)")
        #expect(errors.first?.description.contains(words) == true, "\(errors)")
    }

    @Test(arguments: [
        ("{kind: item-cosine, grid: {neighbors: [50, 100]}, halving: {epochs: 3}}", "does not train in epochs"),
        ("{kind: mf, grid: {dimension: [8, 16]}, halving: {epochs: [9, 3]}}", "that rise"),
        ("{kind: mf, grid: {dimension: [8, 16]}, halving: {epochs: [three]}}", "that rise"),
        ("{kind: mf, grid: {dimension: [8, 16]}, halving: {keep: 1}}", "keep"),
        ("{kind: mf, grid: {dimension: [8, 16]}, halving: {share: 0.5}}", "share"),
    ])
    func faultsOfHalvingAreExplained(model: String, words: String) throws {
        let (_, errors) = try read(Self.valid + "\n  tried: " + model)
        #expect(errors.count == 1, "\(errors)")
        #expect(errors.first?.description.contains(words) == true, "\(errors)")
    }

    @Test func theSplitsDatesReachTheSQL() throws {
        let (project, _) = try read(Self.valid)
        let variables = ShopFlow(project).sqlVariables
        #expect(variables["validation_start"] == "2020-09-09")
        #expect(variables["test_start"] == "2020-09-16")
    }

    @Test(arguments: ["", "[]", "name: [", "a: 1\na: 2"])
    func notAProject(text: String) throws {
        do {
            let (_, errors) = try read(text)
            #expect(!errors.isEmpty)
        } catch let error as MartletError {
            #expect(error.code == .invalidConfiguration)
        }
    }
}
