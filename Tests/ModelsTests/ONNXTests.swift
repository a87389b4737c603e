import Core
import Features
import FoundationEssentials
import Models
import Testing

/// What onnxruntime makes of the graphs, against what the models say.
@Suite struct ONNXTests {
    static let subjects =
        ModelUnderTest.ranking + ModelUnderTest.all.filter { $0.kind == "two-tower" } + [
            ModelUnderTest(
                kind: "wide-deep", name: "wide-deep, hashed crosses, one layer",
                hyperparameters: ["dimension": 4, "layers": [8], "cross-rows": 50, "epochs": 1]),
            ModelUnderTest(
                kind: "logistic-regression", name: "logistic-regression of ids alone",
                hyperparameters: [
                    "features": false, "context": false, "history-length": 0, "crosses": false, "epochs": 1,
                ]),
            ModelUnderTest(
                kind: "dlrm", name: "dlrm without numbers",
                hyperparameters: [
                    "features": false, "repeats": false, "dimension": 4, "layers": [8], "epochs": 1,
                ]),
            ModelUnderTest(
                kind: "dcn-v2", name: "dcn-v2 of full rank, no user id",
                hyperparameters: ["user-id": false, "dimension": 4, "layers": [8], "epochs": 1]),
        ]

    /// Python's onnxruntime, from `scripts/venv onnx`; skipped where that environment was not made.
    @Test(.enabled(if: python != nil, "needs scripts/venv onnx")) func onnxruntimeAnswersAsTheModelsDo() throws {
        let data = try BehaviourTests.data.get()
        let folder = temporaryFolder()
        var users: [Int32] = [-1, Int32(data.users.count - 1)]
        var items: [Int32] = [0, Int32(data.items.count - 1)]
        let part = try data.interactions(.train)
        for row in 0..<60 {
            // Half of the pairs are repeats, which the pair's numbers tell.
            users.append(part.users[row])
            items.append(row % 2 == 0 ? part.items[row] : Int32(row))
        }
        var graphs = 0
        for (number, subject) in Self.subjects.enumerated() {
            let model = try #require(try subject.fitted(data) as? any ONNXExamples)
            let examples = try model.examples(users: users, items: items, at: data.split.validationStart, data: data)
            for export in try model.onnx() {
                let name = "\(folder)/\(number)-\(export.role)"
                let example = try #require(examples[export.role])
                try AtomicFile.write(export.bytes, to: name + ".onnx")
                try SafetensorsWriter.write(example.inputs, metadata: [:], to: name + ".inputs")
                try SafetensorsWriter.write(example.outputs, metadata: ["name": subject.name], to: name + ".outputs")
                graphs += 1
            }
        }
        let script = #filePath.replacingSuffix("Tests/ModelsTests/ONNXTests.swift", with: "scripts/compare-onnx")
        let printed = try Shell.run(Self.python!, [script, folder])
        #expect(printed.split(separator: "\n").last == "\(graphs) graphs agree", "\(printed)")
    }

    static let python: String? = {
        let path = #filePath.replacingSuffix("Tests/ModelsTests/ONNXTests.swift", with: ".venv/onnx/bin/python")
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()
}

extension String {
    fileprivate func replacingSuffix(_ suffix: String, with other: String) -> String {
        String(dropLast(suffix.count)) + other
    }
}
