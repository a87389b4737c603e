import Core
import Flow
import Project
import Testing

/// What `pipeline:` adds to a project.
struct PipelineFlowTests {
    private func project(_ pipeline: String, refit: Bool = true) throws -> ProjectConfiguration {
        let diagnostics = Diagnostics()
        let text =
            ProjectConfigurationTests.valid.replacing("item-cosine", with: "two-tower")
            + "\nevaluation: {refit: \(refit)}\npipeline: \(pipeline)"
        let node = try ConfigurationNode(yaml: text, file: "martlet.yml")
        let project = try ProjectConfiguration(file: node, folder: "shop", diagnostics: diagnostics)
        try diagnostics.throwIfAny()
        return project
    }

    @Test func thePipelinesModelsAreTrainedOnAllRows() throws {
        let steps = try ShopFlow(project("{}")).graph().steps
        let training = try #require(steps.first { $0.name == "final[two-tower]" })
        #expect(Set(training.dependencies) == ["features-all", "select", "final"])
        let publish = try #require(steps.first { $0.name == "publish" })
        #expect(Set(["bundle", "final[two-tower]"]).isSubset(of: publish.dependencies))
        #expect(Set(publish.dependencies).count == publish.dependencies.count)
        // Without a second training the chosen point of the first serves.
        let names = try ShopFlow(project("{}", refit: false)).graph().steps.map(\.name)
        #expect(names.contains("bundle") && !names.contains { $0.hasPrefix("final") })
        // A pipeline without models needs no training of its own.
        let plain = try ShopFlow(project("{sources: [item-item, trending]}")).graph().steps.map(\.name)
        #expect(plain.contains("bundle") && !plain.contains("final[two-tower]"))
    }

    @Test func aCategoryMustBeKnownOfTheItems() {
        #expect {
            try project("{category: no_such_column}")
        } throws: { error in
            "\(error)".contains("'pipeline.category' names 'no_such_column'") && "\(error)".contains("martlet.yml:")
        }
    }
}
