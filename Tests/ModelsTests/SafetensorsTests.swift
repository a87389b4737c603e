import Core
import FoundationEssentials
import Models
import Testing

@Suite struct SafetensorsTests {
    static let tensors = [
        StoredTensor("matrix", shape: [2, 3], .float([1, -2.5, 3, 0, .greatestFiniteMagnitude, 6])),
        StoredTensor("codes", shape: [4], .int32([0, -1, 7, .max])),
        StoredTensor("offsets", shape: [2], .int64([.min, 12])),
        StoredTensor("empty", shape: [0, 5], .float([])),
    ]

    @Test func whatIsWrittenIsRead() throws {
        let path = temporaryFolder() + "/weights.safetensors"
        try SafetensorsWriter.write(Self.tensors, metadata: ["kind": "test", "text": "ä \"quoted\"\n"], to: path)
        let file = try SafetensorsFile(path: path)
        #expect(file.metadata == ["kind": "test", "text": "ä \"quoted\"\n"])
        #expect(file.tensors.count == 4)
        for tensor in Self.tensors { #expect(file.tensors[tensor.name] == tensor) }
        #expect(throws: MartletError.self) { try file.floats("matrix", shape: [3, 2]) }
        #expect(throws: MartletError.self) { try file.floats("absent", shape: [nil]) }
        #expect(throws: MartletError.self) { try file.integers("matrix") }
    }

    /// Headers that lie: each of them must be refused before a byte of data is used.
    static let hostile: [(name: String, header: String, bytes: Int)] = [
        ("a size that overflows", tensor(shape: "[4611686018427387904, 8]", offsets: "[0, 16]"), 16),
        ("a negative length", tensor(shape: "[-4]", offsets: "[0, 16]"), 16),
        ("a length that is no whole number", tensor(shape: "[1.5]", offsets: "[0, 16]"), 16),
        ("bytes that don't fit the shape", tensor(shape: "[5]", offsets: "[0, 16]"), 16),
        ("data past the end", tensor(shape: "[8]", offsets: "[0, 32]"), 16),
        ("data before the beginning", tensor(shape: "[4]", offsets: "[-16, 0]"), 16),
        ("an end before the begin", tensor(shape: "[4]", offsets: "[16, 0]"), 16),
        ("a gap", tensor(shape: "[2]", offsets: "[8, 16]"), 16),
        ("data nobody names", tensor(shape: "[4]", offsets: "[0, 16]"), 24),
        ("three bounds", tensor(shape: "[4]", offsets: "[0, 16, 32]"), 16),
        ("an unknown type", #"{"a":{"dtype":"F8_X","shape":[16],"data_offsets":[0,16]}}"#, 16),
        ("no shape", #"{"a":{"dtype":"F32","data_offsets":[0,16]}}"#, 16),
        ("a list for a header", "[1, 2, 3]", 0),
        ("no JSON", "{\"a\":", 0),
        ("metadata that is no text", #"{"__metadata__":{"a":3}}"#, 0),
        (
            "an overlap",
            #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[4],"data_offsets":[8,24]}}"#,
            24
        ),
        ("deep nesting", String(repeating: "[", count: 100_000), 0),
    ]

    private static func tensor(shape: String, offsets: String) -> String {
        #"{"a":{"dtype":"F32","shape":\#(shape),"data_offsets":\#(offsets)}}"#
    }

    @Test(arguments: hostile.indices) func aHeaderThatLiesIsRefused(_ index: Int) throws {
        let (name, header, bytes) = Self.hostile[index]
        let path = temporaryFolder() + "/hostile.safetensors"
        try Self.write(header: header, length: UInt64(header.utf8.count), bytes: bytes, to: path)
        #expect(throws: MartletError.self, "\(name)") { try SafetensorsFile(path: path) }
    }

    @Test(arguments: [UInt64.max, 1 << 62, 100_000_001, 17]) func anImpossibleHeaderLengthIsRefused(_ length: UInt64)
        throws
    {
        let path = temporaryFolder() + "/hostile.safetensors"
        try Self.write(header: "{}", length: length, bytes: 8, to: path)
        #expect { try SafetensorsFile(path: path) } throws: { ($0 as? MartletError)?.code == .corrupted }
    }

    @Test func aFileCutAnywhereIsRefused() throws {
        let path = temporaryFolder() + "/cut.safetensors"
        try SafetensorsWriter.write(Self.tensors, metadata: [:], to: path)
        let whole = try Data(contentsOf: URL(filePath: path))
        for length in stride(from: 0, to: whole.count, by: 5) {
            try AtomicFile.write(whole.prefix(length), to: path)
            #expect(throws: MartletError.self) { try SafetensorsFile(path: path) }
        }
    }

    @Test(arguments: ModelUnderTest.all) func aDamagedModelIsRefused(_ subject: ModelUnderTest) throws {
        let model = try subject.fitted(BehaviourTests.data.get())
        let folder = temporaryFolder()
        try model.save(to: folder)
        let path = folder + "/weights.safetensors"
        let whole = try Data(contentsOf: URL(filePath: path))
        try AtomicFile.write(whole.prefix(whole.count - 3), to: path)
        #expect { try ModelRegistry.load(folder: folder) } throws: { ($0 as? MartletError)?.code == .corrupted }
        #expect { try ModelRegistry.load(folder: folder + "/absent") } throws: {
            ($0 as? MartletError)?.code == .notFound
        }
    }

    /// Python's own reader, from `scripts/venv data`; skipped where that environment was not made.
    @Test(.enabled(if: python != nil, "needs scripts/venv data")) func pythonReadsWhatMartletWrote() throws {
        let model = try ModelUnderTest.twoTower.fitted(BehaviourTests.data.get())
        let folder = temporaryFolder()
        try model.save(to: folder)
        let file = try SafetensorsFile(path: folder + "/weights.safetensors")
        let script = """
            import sys, json, safetensors
            with safetensors.safe_open(sys.argv[1], framework="numpy") as f:
                m = f.metadata()
                assert m["kind"] == "two-tower" and json.loads(m["hyperparameters"])["layers"] == [32, 16]
                for name in sorted(f.keys()):
                    a = f.get_tensor(name)
                    print(name, "x".join(map(str, a.shape)), repr(float(a.astype("float64").sum())))
            """
        let printed = try Shell.run(Self.python!, ["-c", script, folder + "/weights.safetensors"])
        let expected = file.tensors.values.sorted { $0.name < $1.name }.map { tensor -> (String, Double) in
            guard case .float(let values) = tensor.values else { return (tensor.name, .nan) }
            let shape = tensor.shape.map(String.init).joined(separator: "x")
            return ("\(tensor.name) \(shape)", values.reduce(0.0) { $0 + Double($1) })
        }
        let lines = printed.split(separator: "\n")
        #expect(lines.count == expected.count)
        for (line, (name, sum)) in zip(lines, expected) {
            let parts = line.split(separator: " ")
            #expect(parts.dropLast().joined(separator: " ") == name)
            #expect(abs(Double(parts.last!)! - sum) < 1e-6 * max(1, abs(sum)))
        }
    }

    static let python: String? = {
        let root = #filePath.components(separatedBy: "/Tests/")[0]
        let path = root + "/.venv/data/bin/python"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()

    private static func write(header: String, length: UInt64, bytes: Int, to path: String) throws {
        var file = withUnsafeBytes(of: length.littleEndian) { Array($0) }
        file += Array(header.utf8)
        file += [UInt8](repeating: 0, count: bytes)
        try AtomicFile.write(file, to: path)
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
