import Core

/// The ids of users or items by index, saved with a workflow whose features need them.
struct EntityKeys: Codable, Sendable {
    let ids: EntityIDs

    init(_ ids: EntityIDs) { self.ids = ids }

    init(from decoder: any Decoder) throws {
        let saved = try SavedTexts(from: decoder)
        ids = try EntityIDs(Column(.string(offsets: saved.offsets, bytes: saved.bytes)))
    }

    func encode(to encoder: any Encoder) throws {
        guard case .string(let offsets, let bytes) = ids.column.values else { preconditionFailure("ids are text") }
        try SavedTexts(offsets: offsets, bytes: bytes).encode(to: encoder)
    }
}
