import Core
import FoundationEssentials
import Synchronization

/// Large pieces of a workflow's state, kept in `.npy` files beside `workflow.json`.
///
/// Reached through the coders' `userInfo`; without one, all state goes into the JSON itself.
final class WorkflowFiles: Sendable {
    /// Pieces with more entries than this go to a file.
    static let inlineLimit = 10_000
    static let key = CodingUserInfoKey(rawValue: "martlet.workflow-files")!

    let folder: String
    private let written = Mutex(0)

    init(folder: String) { self.folder = folder }

    /// A file name that no other piece has.
    private func claim() -> String {
        written.withLock { number in
            number += 1
            return "workflow-\(number)"
        }
    }

    /// Writes texts and says under which name.
    func write(offsets: Buffer<Int64>, bytes: Buffer<UInt8>) throws -> String {
        let name = claim()
        let bounds = try NPYWriter(path: "\(folder)/\(name).offsets.npy", descriptor: "<i8")
        let first = offsets.values.first ?? 0
        if first == 0 {
            try bounds.append(offsets.values)
        } else {
            try bounds.append(offsets.values.map { $0 - first })
        }
        try bounds.finish()
        let text = try NPYWriter(path: "\(folder)/\(name).bytes.npy", descriptor: "|u1")
        let last = offsets.values.last ?? 0
        try text.append(UnsafeBufferPointer(rebasing: bytes.values[Int(first)..<Int(last)]))
        try text.finish()
        return name
    }

    /// Writes numbers and says under which name.
    func write(_ numbers: [Double]) throws -> String {
        let name = claim()
        let writer = try NPYWriter(path: "\(folder)/\(name).npy", descriptor: "<f8")
        try writer.append(numbers)
        try writer.finish()
        return name
    }

    func texts(_ name: String) throws -> (offsets: Buffer<Int64>, bytes: Buffer<UInt8>) {
        let path = try check(name)
        let offsets = try Buffer<Int64>.mapped(npy: "\(path).offsets.npy", as: "<i8")
        let bytes = try Buffer<UInt8>.mapped(npy: "\(path).bytes.npy", as: "|u1")
        var last: Int64 = 0
        for offset in offsets.values {
            guard offset >= last else { throw damaged(path) }
            last = offset
        }
        guard offsets.values.first == 0, Int(last) == bytes.count else { throw damaged(path) }
        return (offsets, bytes)
    }

    func numbers(_ name: String) throws -> [Double] {
        try Buffer<Double>.mapped(npy: "\(try check(name)).npy", as: "<f8").array
    }

    /// Names come out of a file that anyone may have changed: none may lead out of the folder.
    private func check(_ name: String) throws -> String {
        guard name.hasPrefix("workflow-"), name.dropFirst(9).allSatisfy(\.isNumber) else {
            throw MartletError(.corrupted, "the saved workflow names a file '\(name)' outside its folder")
        }
        return "\(folder)/\(name)"
    }

    private func damaged(_ path: String) -> MartletError {
        MartletError(.corrupted, "\(path).offsets.npy does not hold ascending bounds", hint: "build the dataset again")
    }
}

/// Texts of a saved workflow: in the JSON if few, beside it if many.
struct SavedTexts: Codable {
    var offsets: Buffer<Int64>
    var bytes: Buffer<UInt8>

    private enum Key: String, CodingKey { case values, file }

    init(offsets: Buffer<Int64>, bytes: Buffer<UInt8>) {
        self.offsets = offsets
        self.bytes = bytes
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if let name = try container.decodeIfPresent(String.self, forKey: .file) {
            guard let files = decoder.userInfo[WorkflowFiles.key] as? WorkflowFiles else {
                throw MartletError(.corrupted, "the saved workflow needs the files beside it")
            }
            (offsets, bytes) = try files.texts(name)
        } else {
            let column = Column(strings: try container.decode([String].self, forKey: .values))
            guard case .string(let offsets, let bytes) = column.values else { preconditionFailure() }
            (self.offsets, self.bytes) = (offsets, bytes)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        let count = max(0, offsets.count - 1)
        if count > WorkflowFiles.inlineLimit, let files = encoder.userInfo[WorkflowFiles.key] as? WorkflowFiles {
            try container.encode(files.write(offsets: offsets, bytes: bytes), forKey: .file)
        } else {
            let column = Column(.string(offsets: offsets, bytes: bytes))
            try container.encode((0..<count).map { column.text($0) ?? "" }, forKey: .values)
        }
    }
}

/// Numbers of a saved workflow: in the JSON if few, beside it if many. NaN is written as null.
struct SavedNumbers: Codable {
    var values: [Double]

    private enum Key: String, CodingKey { case values, file }

    init(_ values: [Double]) { self.values = values }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if let name = try container.decodeIfPresent(String.self, forKey: .file) {
            guard let files = decoder.userInfo[WorkflowFiles.key] as? WorkflowFiles else {
                throw MartletError(.corrupted, "the saved workflow needs the files beside it")
            }
            values = try files.numbers(name)
        } else {
            values = try container.decode([Double?].self, forKey: .values).map { $0 ?? .nan }
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        if values.count > WorkflowFiles.inlineLimit, let files = encoder.userInfo[WorkflowFiles.key] as? WorkflowFiles {
            try container.encode(files.write(values), forKey: .file)
        } else {
            try container.encode(values.map { $0.isNaN ? nil : $0 }, forKey: .values)
        }
    }
}
