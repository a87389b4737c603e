import Core
import Stores

/// Every item of a version as the JSON that answers hold, ready to be copied:
/// `{"item":"0108775015","title":"Strap top","score":` — the score and the closing brace follow.
///
/// One piece of memory, 8 bytes and its text an item.
struct RenderedCatalogue: Sendable {
    private let bytes: Buffer<UInt8>
    /// Fragment `i` is `bytes[offsets[i] ..< offsets[i + 1]]`.
    private let offsets: Buffer<Int>
    /// The length of the longest fragment in bytes.
    let longestFragment: Int

    /// Renders a catalogue. Show fields named `item` or `score` give way to ours.
    ///
    /// - Complexity: O(bytes of the catalogue)
    init(_ catalogue: Catalogue) {
        self.init(count: catalogue.count, id: { catalogue.id($0) }, showText: { catalogue.showText($0) })
    }

    /// Renders items that are described elsewhere.
    ///
    /// - Parameters:
    ///   - id: the id of an item.
    ///   - showText: what is shown of an item: an object as JSON text.
    init(count: Int, id: (Int) -> String, showText: (Int) -> String) {
        var text: [UInt8] = []
        var offsets: [Int] = [0]
        offsets.reserveCapacity(count + 1)
        var longest = 0
        var fragment = ""
        for index in 0..<count {
            fragment.removeAll(keepingCapacity: true)
            fragment += "{\"item\":"
            JSONValue.quote(id(index), to: &fragment)
            fragment += Self.members(showText(index))
            fragment += ",\"score\":"
            text.append(contentsOf: fragment.utf8)
            longest = max(longest, text.count - offsets[index])
            offsets.append(text.count)
        }
        bytes = Buffer(text)
        self.offsets = Buffer(offsets)
        longestFragment = longest
    }

    /// How many items there are.
    var count: Int { offsets.count - 1 }

    /// The JSON of the item at `index`, up to its score; nil if the catalogue holds no such place.
    func fragment(_ index: UInt32) -> UnsafeRawBufferPointer? {
        let index = Int(index)
        guard index < count else { return nil }
        return UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes.values[offsets[index]..<offsets[index + 1]]))
    }

    /// The show fields as `,"title":"Strap top"`; empty if there are none.
    private static func members(_ text: String) -> String {
        guard text.utf8.count > 2, text.utf8.first == UInt8(ascii: "{") else { return "" }
        // The store writes sorted one-line JSON, which goes out as it stands unless a name might clash with ours.
        if !text.contains("\"item\"") && !text.contains("\"score\"") { return "," + text.dropFirst().dropLast() }
        guard case .object(var members)? = try? JSONValue(parsing: text) else { return "" }
        members["item"] = nil
        members["score"] = nil
        return members.isEmpty ? "" : "," + JSONValue.object(members).description.dropFirst().dropLast()
    }
}
