import Core
import Models
import Testing

@Suite struct RegistryTests {
    @Test(arguments: ModelRegistry.kinds) func defaultsSurviveARoundTrip(kind: String) throws {
        let model = try ModelRegistry.make(kind: kind)
        let again = try ModelRegistry.make(kind: kind, hyperparameters: model.hyperparameters)
        #expect(again.hyperparameters == model.hyperparameters)
        #expect(model.kind == kind)
    }

    @Test func anUnknownKindNamesTheNearest() {
        #expect { try ModelRegistry.make(kind: "populerity") } throws: {
            ($0 as? MartletError)?.hint == "did you mean 'popularity'?"
        }
    }

    @Test(arguments: ModelRegistry.kinds) func anUnknownHyperparameterIsReported(kind: String) throws {
        let diagnostics = Diagnostics()
        let node = try ConfigurationNode(yaml: "no-such-key: 3", file: "martlet.yml")
        var fields = ConfigurationFields(node, path: kind, diagnostics: diagnostics)
        ModelRegistry.check(kind: kind, fields: &fields)
        #expect(diagnostics.errors.count == 1)
        #expect(diagnostics.errors.first?.location?.line == 1)
    }
}
