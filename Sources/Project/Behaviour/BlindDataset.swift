import Core
import Features
import FoundationEssentials

/// A dataset without the rows that a model is judged by, to see whether its lists depend on them.
///
/// The folder links to the files of the whole dataset, save for the judged window, which is empty, and the manifest, which
/// says so; a model that opens the folder by itself finds nothing either.
enum BlindDataset {
    /// Makes the dataset in `folder`.
    ///
    /// - Throws: `system` or `outOfSpace` if it cannot be written.
    static func make(of data: InteractionDataset, hiding window: Window, in folder: String) throws -> InteractionDataset
    {
        try? FileManager.default.removeItem(atPath: folder)
        try Folder.make(folder)
        do {
            let hidden = [window.rawValue, InteractionDatasetManifest.fileName]
            for name in try FileManager.default.contentsOfDirectory(atPath: data.path) where !hidden.contains(name) {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(folder)/\(name)", withDestinationPath: "\(absolute(data.path))/\(name)")
            }
        } catch {
            throw MartletError(.system, "cannot link the files of \(data.path)", underlying: error)
        }
        let rows = try Dataset.open("\(data.path)/\(window.rawValue)")
        _ = try DatasetWriter(path: "\(folder)/\(window.rawValue)", schema: rows.schema).finish()
        var manifest = try InteractionDatasetManifest.read(data.path)
        manifest.rows[window.rawValue] = 0
        try manifest.write(to: folder)
        return try InteractionDataset.open(folder)
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }
}
