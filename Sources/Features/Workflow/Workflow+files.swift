import Core
import FoundationEssentials

extension Workflow {
    /// The name of the file in its folder.
    public static let fileName = "workflow.json"

    /// Saves the workflow as `workflow.json` in `folder`, with large vocabularies in `.npy` files beside it.
    ///
    /// - Throws: `outOfSpace` or `system`.
    public func save(to folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.userInfo[WorkflowFiles.key] = WorkflowFiles(folder: folder)
        try AtomicFile.write(Array(try encoder.encode(self)), to: "\(folder)/\(Self.fileName)")
    }

    /// Reads the workflow that ``save(to:)`` wrote into `folder`.
    ///
    /// - Throws: `notFound` if there is none, `corrupted` if it is damaged.
    public static func load(from folder: String) throws -> Workflow {
        let path = "\(folder)/\(fileName)"
        let data = try MappedFile.contents(of: path)
        let decoder = JSONDecoder()
        decoder.userInfo[WorkflowFiles.key] = WorkflowFiles(folder: folder)
        do {
            return try decoder.decode(Workflow.self, from: data)
        } catch let error as MartletError {
            throw error
        } catch {
            throw MartletError(
                .corrupted, "\(path) holds no workflow", hint: "build the dataset again", underlying: error)
        }
    }
}
