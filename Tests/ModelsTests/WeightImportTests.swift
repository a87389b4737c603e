import Core
import FoundationEssentials
import Models
import Testing

@Suite struct WeightImportTests {
    private static func saved() throws -> String {
        let folder = temporaryFolder()
        try ModelUnderTest.ranking[1].fitted(BehaviourTests.data.get()).save(to: folder)
        return folder
    }

    private static func write(_ tensors: [StoredTensor]) throws -> String {
        let path = temporaryFolder() + "/theirs.safetensors"
        try SafetensorsWriter.write(tensors, metadata: [:], to: path)
        return path
    }

    @Test func tensorsAreTakenByNameAndTheOthersStay() throws {
        let (model, output) = (try Self.saved(), temporaryFolder())
        let before = try SafetensorsFile(path: model + "/weights.safetensors")
        let vectors = try #require(before.tensors["numbers.vectors"])
        let (rows, columns) = (vectors.shape[0], vectors.shape[1])
        let theirs = (0..<rows * columns).map { Float($0) }
        let path = try Self.write([
            StoredTensor("linear.bias", shape: [1, 1], .float([7])),
            // Turned, and under another name.
            StoredTensor("net.V", shape: [columns, rows], .float(theirs)),
        ])
        let outcome = try WeightImport(renames: ["net.V": "numbers.vectors"], transposed: ["numbers.vectors"])
            .run(model: model, weights: path, to: output)
        #expect(outcome.taken == ["linear.bias", "numbers.vectors"])
        #expect(outcome.kept.count == before.tensors.count - 2)
        let after = try SafetensorsFile(path: output + "/weights.safetensors")
        #expect(try after.floats("linear.bias", shape: [1, 1]) == [7])
        let turned = try after.floats("numbers.vectors", shape: [rows, columns])
        for row in 0..<rows {
            for column in 0..<columns { #expect(turned[row * columns + column] == theirs[column * rows + row]) }
        }
        #expect(after.tensors["user.id"] == before.tensors["user.id"])
        _ = try ModelRegistry.load(folder: output)
    }

    @Test func whatDoesNotFitIsNamedAndNothingIsWritten() throws {
        let (model, output) = (try Self.saved(), temporaryFolder() + "/new")
        func fault(_ tensors: [StoredTensor], _ plan: WeightImport = WeightImport()) throws -> MartletError? {
            let path = try Self.write(tensors)
            return #expect(throws: MartletError.self) { try plan.run(model: model, weights: path, to: output) }
        }
        let shape = try fault([StoredTensor("linear.bias", shape: [2], .float([1, 2]))])
        #expect(shape?.message.contains("[2]") == true && shape?.message.contains("[1, 1]") == true)
        let name = try fault([StoredTensor("linear.bios", shape: [1, 1], .float([1]))])
        #expect(name?.hint?.contains("--rename linear.bios=linear.bias") == true)
        let turned = try SafetensorsFile(path: model + "/weights.safetensors").tensors["numbers.vectors"]!
        let hint = try fault([
            StoredTensor("numbers.vectors", shape: Array(turned.shape.reversed()), turned.values)
        ])
        #expect(hint?.hint == "say '--transpose numbers.vectors'")
        let type = try fault([StoredTensor("linear.bias", shape: [1, 1], .int32([1]))])
        #expect(type?.message.contains("I32") == true)
        #expect(try fault([]) != nil)
        #expect(!FileManager.default.fileExists(atPath: output))
    }
}
