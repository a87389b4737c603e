import Core
import Stores

/// One published version, made ready to answer: a request takes one and stays with it, so that no answer mixes two.
final class ServedVersion: Sendable {
    /// The lists.
    let snapshot: ListSnapshot
    /// The items as JSON.
    let catalogue: RenderedCatalogue
    /// `"model":"two-tower","version":"3","created":"2026-11-23T01:30:00Z"`
    let stamp: [UInt8]
    /// When the version was made ready, in seconds since 1970.
    let loaded: Int

    /// Renders what answers of this version have in common.
    ///
    /// - Complexity: O(bytes of the catalogue)
    init(_ snapshot: ListSnapshot) {
        self.snapshot = snapshot
        catalogue = RenderedCatalogue(snapshot.catalogue)
        var text = "\"model\":"
        JSONValue.quote(snapshot.manifest.model, to: &text)
        text += ",\"model_version\":"
        JSONValue.quote(snapshot.manifest.modelVersion, to: &text)
        text += ",\"version\":\(snapshot.version),\"created\":\"\(snapshot.manifest.createdText)\""
        stamp = Array(text.utf8)
        loaded = UniversalTime.now().seconds
    }
}
