import Core

/// The items of one published version: place → id and fields to show.
///
/// Held as two pieces of text, so that a hundred thousand items cost their own bytes and no objects; the fields are
/// parsed only when asked for.
public struct Catalogue: Sendable {
    private let text: [UInt8]
    /// Where each item's id ends and its fields end.
    private let ends: [(id: Int, show: Int)]
    /// The places of the items, sorted by id.
    private let byID: [UInt32]

    /// How many items there are.
    public var count: Int { ends.count }

    /// The item at `index`.
    ///
    /// - Complexity: O(length of the fields): parses them
    public subscript(_ index: Int) -> CatalogueItem {
        CatalogueItem(id: id(index), show: (try? JSONValue(parsing: showText(index))) ?? .null)
    }

    /// The id of the item at `index`.
    public func id(_ index: Int) -> String {
        String(decoding: text[(index == 0 ? 0 : ends[index - 1].show)..<ends[index].id], as: UTF8.self)
    }

    /// The fields of the item at `index` as JSON text, ready to be put into an answer.
    public func showText(_ index: Int) -> String {
        String(decoding: text[ends[index].id..<ends[index].show], as: UTF8.self)
    }

    /// The place of the item with this id, or nil.
    ///
    /// - Complexity: O(log items)
    public func index(of id: String) -> Int? {
        let wanted = Array(id.utf8)
        var (low, high) = (0, byID.count)
        while low < high {
            let middle = (low + high) / 2
            let place = Int(byID[middle])
            if text[idRange(place)].lexicographicallyPrecedes(wanted) { low = middle + 1 } else { high = middle }
        }
        guard low < byID.count, text[idRange(Int(byID[low]))].elementsEqual(wanted) else { return nil }
        return Int(byID[low])
    }

    private func idRange(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1].show)..<ends[index].id }
}

extension Catalogue {
    /// How many items one stored entry holds.
    static let chunkSize = 1024

    /// The stored forms of `items`, 1,024 a chunk: for each item `u32le` length and bytes of the id, `u32le` length and
    /// bytes of the fields' JSON.
    static func chunks(of items: [CatalogueItem]) -> [[UInt8]] {
        stride(from: 0, to: items.count, by: chunkSize).map { first in
            var bytes: [UInt8] = []
            for item in items[first..<min(first + chunkSize, items.count)] {
                appendCounted(item.id, to: &bytes)
                appendCounted(item.show.description, to: &bytes)
            }
            return bytes
        }
    }

    private static func appendCounted(_ text: String, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: text.utf8)
    }

    /// Puts stored chunks together.
    ///
    /// - Throws: `corrupted` if a chunk is cut off or the number of items differs from `count`.
    init(chunks: [[UInt8]], count: Int) throws {
        var text: [UInt8] = []
        var ends: [(id: Int, show: Int)] = []
        ends.reserveCapacity(count)
        text.reserveCapacity(chunks.reduce(0) { $0 + $1.count })
        for chunk in chunks {
            var at = 0
            while at < chunk.count {
                let id = try Self.counted(chunk, &at)
                text.append(contentsOf: id)
                let idEnd = text.count
                text.append(contentsOf: try Self.counted(chunk, &at))
                ends.append((idEnd, text.count))
            }
        }
        guard ends.count == count else {
            throw MartletError(
                .corrupted, "the stored catalogue holds \(ends.count) items, its manifest says \(count)",
                hint: "publish again")
        }
        self.text = text
        self.ends = ends
        byID = text.withUnsafeBytes { raw in
            func bytes(_ index: UInt32) -> UnsafeRawBufferPointer {
                let start = index == 0 ? 0 : ends[Int(index) - 1].show
                return UnsafeRawBufferPointer(rebasing: raw[start..<ends[Int(index)].id])
            }
            return (0..<UInt32(ends.count)).sorted { bytes($0).lexicographicallyPrecedes(bytes($1)) }
        }
    }

    private static func counted(_ bytes: [UInt8], _ at: inout Int) throws -> ArraySlice<UInt8> {
        guard at + 4 <= bytes.count else { throw cutOff }
        let length = (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
        at += 4
        guard at + length <= bytes.count else { throw cutOff }
        defer { at += length }
        return bytes[at..<at + length]
    }

    private static var cutOff: MartletError {
        MartletError(.corrupted, "a piece of the stored catalogue is cut off", hint: "publish again")
    }
}
