import Core
import Flow
import Project
import Testing

/// The graph of a project's steps.
struct ShopFlowTests {
    private func flow(_ evaluation: String) throws -> ShopFlow {
        let diagnostics = Diagnostics()
        let text = ProjectConfigurationTests.valid + "\nevaluation: \(evaluation)"
        let node = try ConfigurationNode(yaml: text, file: "martlet.yml")
        let project = try ProjectConfiguration(file: node, folder: "shop", diagnostics: diagnostics)
        try diagnostics.throwIfAny()
        return ShopFlow(project)
    }

    @Test func theTestWindowIsNotReadBeforeTheWinnerIsChosen() throws {
        let steps = try flow("{refit: true}").graph().steps
        let select = try #require(steps.first { $0.name == "select" })
        #expect(!select.dependencies.contains("features-test"))
        let evaluate = try #require(steps.first { $0.name == "evaluate" })
        #expect(evaluate.dependencies.contains("select"))
    }

    @Test func withoutRefitThereIsOneDataset() throws {
        let names = try flow("{refit: false}").graph().steps.map(\.name)
        #expect(names.filter { $0.hasPrefix("features") } == ["features"])
        #expect(!names.contains("final"))
    }

    @Test(arguments: [
        (StepName.load, ["load"]), (.transform, ["load", "transform"]),
        (.train, ["features", "load", "train[item-cosine]", "train[popularity]", "transform"]),
    ])
    func aStepBringsWhatItNeeds(last: StepName, expected: [String]) throws {
        let names = try flow("{}").graph(upTo: last).steps.map(\.name)
        #expect(names.sorted() == expected)
    }
}
