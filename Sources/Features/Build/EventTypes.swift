import Core

/// What kind of event each row of the interactions is.
struct EventTypes: Sendable {
    /// The kinds, those that count least first, equals by name; kinds that count nothing are left out.
    let names: [String]
    /// Each row's place in ``names``; −1 where it has none.
    let codes: [Int32]

    /// Reads the column that the configuration names; nil if it names none.
    ///
    /// - Throws: `invalidData` if the column holds no text.
    init?(_ columns: DatasetConfiguration.InteractionColumns, _ read: [String: FrozenColumn]) throws {
        guard let type = columns.type, let column = read[type] else { return nil }
        guard case .text(let rows, let offsets, let bytes) = column.storage else {
            throw MartletError(
                .invalidData, "column '\(type)' of '\(columns.table)' says the kind of event and must hold text",
                hint: "cast it to text in SQL")
        }
        let table = Column(.string(offsets: offsets, bytes: bytes))
        let texts = (0..<table.count).map { table.text($0) ?? "" }
        let weights = columns.typeWeights
        let names = Set(texts).filter { weights[$0] != 0 }.sorted {
            (weights[$0] ?? 1, $0) < (weights[$1] ?? 1, $1)
        }
        let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, Int32($0)) })
        let placeOfText = texts.map { places[$0] ?? -1 }
        self.names = names
        codes = rows.values.map { $0 < 0 ? -1 : placeOfText[Int($0)] }
    }
}
