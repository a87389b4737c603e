/// Reads the answers to `HMGET` straight out of their bytes: a request for a hundred entities of fifty features is five
/// thousand values, too many to take a box of memory for each.
enum HashAnswer {
    /// Reads one answer: for each view its features and, last, its moment.
    ///
    /// - Returns: how many records were appended; nil if the bytes are no such answer.
    static func records(_ answer: [UInt8], views: [OnlineRead.View], into records: inout [OnlineRecord]) -> Int? {
        answer.withUnsafeBytes { bytes in
            var reader = Reader(bytes: bytes)
            guard let count = reader.head(UInt8(ascii: "*")),
                count == views.reduce(0, { $0 + $1.fields.count + 1 })
            else { return nil }
            for view in views {
                var isWhole = true
                let values = [FeatureValue?](unsafeUninitializedCapacity: view.fields.count) { values, initialized in
                    while initialized < view.fields.count {
                        guard let text = reader.text() else {
                            isWhole = false
                            return
                        }
                        (values.baseAddress! + initialized).initialize(to: text.flatMap { FeatureValue(decoding: $0) })
                        initialized += 1
                    }
                }
                guard isWhole, let moment = reader.text() else { return nil }
                records.append(
                    OnlineRecord(timestamp: moment.flatMap { FeatureTimestamp(decoding: $0) }, values: values))
            }
            return views.count
        }
    }

    /// Lengths and texts of RESP, one after the other. The parser has seen that they are whole.
    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var at = 0

        /// A text, or nil inside for none; nil outside if something else stands there.
        mutating func text() -> UnsafeRawBufferPointer?? {
            guard at < bytes.count else { return nil }
            if bytes[at] == UInt8(ascii: "_") {
                guard at + 3 <= bytes.count else { return nil }
                at += 3
                return .some(nil)
            }
            guard let length = head(UInt8(ascii: "$")) else { return nil }
            guard length >= 0 else { return .some(nil) }
            guard at + length + 2 <= bytes.count else { return nil }
            defer { at += length + 2 }
            return .some(UnsafeRawBufferPointer(rebasing: bytes[at..<at + length]))
        }

        /// A type and a number, CRLF behind them.
        mutating func head(_ type: UInt8) -> Int? {
            guard at + 3 < bytes.count, bytes[at] == type else { return nil }
            at += 1
            let isNegative = bytes[at] == UInt8(ascii: "-")
            if isNegative { at += 1 }
            var value = 0
            while at < bytes.count, bytes[at] != 0x0D {
                value = value &* 10 &+ Int(bytes[at] &- 0x30)
                at += 1
            }
            at += 2
            return isNegative ? -value : value
        }
    }
}
