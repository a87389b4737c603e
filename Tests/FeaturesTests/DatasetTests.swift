import Core
import Features
import FoundationEssentials
import Testing

@Suite("Datasets on disk")
struct DatasetTests {
    let folder = TemporaryFolder()

    static func table() throws -> Table {
        let lists = Column(.int32(Buffer([1, 2, 3])), listOffsets: Buffer([0, 2, 2, 3]))
        return try Table([
            ("text / ü", Column(strings: ["a", nil, "ßx"])), ("real", Column(doubles: [1.5, nil, -2])),
            ("whole", Column(integers: [1, 2, 3])), ("lists", lists), ("flag", Column(.bool(Buffer([1, 0, 1])))),
        ])
    }

    func write(_ tables: [Table], to name: String = "data") throws -> Dataset {
        let writer = try DatasetWriter(path: folder(name), schema: tables[0].schema)
        for table in tables { try writer.append(table) }
        return try writer.finish()
    }

    @Test("What is written in batches is read as one")
    func roundTrip() throws {
        let data = try write([Self.table(), Self.table()])
        #expect(data.rowCount == 6)
        #expect(try rows(data.column("text / ü")) == ["a", "null", "ßx", "a", "null", "ßx"])
        #expect(try rows(data.column("real")) == ["1.5", "null", "-2.0", "1.5", "null", "-2.0"])
        #expect(try rows(data.column("lists")) == ["[1, 2]", "[]", "[3]", "[1, 2]", "[]", "[3]"])
        #expect(try data.table().schema == data.schema)
        let error = #expect(throws: MartletError.self) { try data.column("reel") }
        #expect(error?.hint == "did you mean 'real'?")
    }

    @Test("A writer that is dropped leaves the old dataset as it was, and nothing beside it")
    func dropped() throws {
        _ = try write([Self.table()])
        do {
            let writer = try DatasetWriter(path: folder("data"), schema: Self.table().schema)
            try writer.append(Self.table())
        }
        #expect(folder.contents == ["data"])
        #expect(try Dataset.open(folder("data")).rowCount == 3)
        #expect(try write([Self.table(), Self.table()]).rowCount == 6)
        #expect(folder.contents == ["data"])
    }

    @Test("What a killed process left is cleared away by the next writer; a living one's work is not")
    func leftovers() throws {
        // No process has a number beyond the kernel's limit.
        for name in ["data.99999999-1.partial", "data.1-1.partial", "data.txt"] {
            try FileManager.default.createDirectory(atPath: folder(name), withIntermediateDirectories: true)
        }
        _ = try write([Self.table()])
        #expect(folder.contents == ["data", "data.1-1.partial", "data.txt"])
    }

    @Test("A batch of another type is refused")
    func wrongType() throws {
        let writer = try DatasetWriter(path: folder("data"), schema: Schema([ColumnSchema("a", .int32)]))
        #expect(throws: MartletError.self) { try writer.append(Table([("a", Column(doubles: [1]))])) }
        #expect(throws: MartletError.self) { try writer.append(Table([("b", Column(doubles: [1]))])) }
    }

    @Test(
        "Damaged and hostile headers are refused",
        arguments: [
            "", "\u{93}NUMPY", "garbage that is long enough to be something",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775807,), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999999,), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (4,), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }",
            "{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }",
            "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
            "{'descr': '<f8', 'fortran_order': Maybe, 'shape': (1,), }", "{'descr': '<f8', 'shape': (1,), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': '1'}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), } __import__('os')", "{'descr': '<f8",
        ])
    func hostile(header: String) throws {
        let data = try write([Table([("a", Column(doubles: [1]))])])
        var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
        if header.hasPrefix("{") {
            bytes += [UInt8(header.utf8.count & 255), UInt8(header.utf8.count >> 8)] + Array(header.utf8)
            bytes += [UInt8](repeating: 0, count: 8)
        } else {
            bytes = Array(header.utf8)
        }
        try AtomicFile.write(bytes, to: "\(data.path)/a.npy")
        #expect(throws: MartletError.self) { try Dataset.open(data.path).column("a") }
    }

    @Test("A header that lies about its length is refused, and numpy's own spelling is read")
    func lengths() throws {
        let data = try write([Table([("a", Column(doubles: [1]))])])
        let text = Array("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}\n".utf8)
        func put(_ head: [UInt8]) throws {
            try AtomicFile.write(
                [0x93] + Array("NUMPY".utf8) + head + text + [0, 0, 0, 0, 0, 0, 0xF8, 0x3F], to: "\(data.path)/a.npy")
        }
        try put([2, 0, UInt8(text.count), 0, 0, 0])
        #expect(try Dataset.open(data.path).column("a").number(0) == 1.5)
        for head in [[1, 0, 255, 255], [2, 0, 255, 255, 255, 255], [9, 0, UInt8(text.count), 0]] as [[UInt8]] {
            try put(head)
            #expect(throws: MartletError.self) { try Dataset.open(data.path).column("a") }
        }
    }

    @Test("Bounds that lead out of the text are refused")
    func hostileBounds() throws {
        let data = try write([Table([("a", Column(strings: ["ab", "c"]))])])
        let path = "\(data.path)/a.offsets.npy"
        var bytes = Array(try Data(contentsOf: URL(filePath: path)))
        bytes[bytes.count - 16] = 9
        try AtomicFile.write(bytes, to: path)
        let error = #expect(throws: MartletError.self) { try Dataset.open(data.path).column("a") }
        #expect(error?.code == .corrupted)
    }

    static let python = FileManager.default.currentDirectoryPath + "/.venv/data/bin/python"

    @Test(
        "numpy maps the columns and finds what Martlet wrote",
        // Needs numpy: scripts/venv data.
        .enabled(if: FileManager.default.isExecutableFile(atPath: python), "run 'scripts/venv data' for this test"))
    func numpy() throws {
        let data = try write([Self.table()])
        let script = """
            import json, numpy as np
            load = lambda n: np.load('\(data.path)/' + n + '.npy', mmap_mode='r')
            files = {c['column']['name']: c['file'] for c in json.load(open('\(data.path)/schema.json'))['columns']}
            assert load('real').tolist()[0::2] == [1.5, -2.0] and load('real').dtype == '<f8'
            assert load('real.valid').tolist() == [True, False, True]
            assert load('whole').tolist() == [1, 2, 3] and load('flag').tolist() == [True, False, True]
            assert load('lists').tolist() == [1, 2, 3] and load('lists.lists').tolist() == [0, 2, 2, 3]
            text, ends = load(files['text / ü'] + '.bytes'), load(files['text / ü'] + '.offsets')
            assert bytes(text[ends[2]:ends[3]]).decode() == 'ßx', files
            """
        try AtomicFile.write(script, to: folder("check.py"))
        #expect(Program.run(Self.python, [folder("check.py")]) == 0)
    }
}
