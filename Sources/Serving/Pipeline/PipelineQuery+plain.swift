import NIOCore

extension PipelineQuery {
    /// Reads what nearly every page sends, `{"user":"…","k":…}` in plain letters, without the machinery that reads
    /// everything.
    ///
    /// - Returns: nil for all else, a mistake too: whoever reads that says what is wrong with it.
    init?(plain body: ByteBuffer) {
        var user: String?
        var k: Int?
        let isPlain = body.withUnsafeReadableBytes { bytes in
            var reader = Reader(bytes: bytes)
            guard reader.take("{") else { return false }
            repeat {
                guard let name = reader.text(), reader.take(":") else { return false }
                switch name {
                case "user" where user == nil: user = reader.text()
                case "k" where k == nil: k = reader.number()
                default: return false
                }
                guard name == "user" ? user != nil : k != nil else { return false }
            } while reader.take(",")
            return reader.take("}") && reader.isAtEnd
        }
        guard isPlain, let user else { return nil }
        self.user = user
        self.k = k
    }

    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var at = 0

        var isAtEnd: Bool {
            mutating get {
                passSpace()
                return at == bytes.count
            }
        }

        private mutating func passSpace() {
            while at < bytes.count {
                switch bytes[at] {
                case 0x20, 0x09, 0x0A, 0x0D: at += 1
                default: return
                }
            }
        }

        mutating func take(_ sign: Unicode.Scalar) -> Bool {
            passSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: sign) else { return false }
            at += 1
            return true
        }

        /// A text of letters that stand for themselves.
        mutating func text() -> String? {
            guard take("\"") else { return nil }
            let begin = at
            while at < bytes.count, (0x20...0x7E).contains(bytes[at]), bytes[at] != 0x22, bytes[at] != 0x5C { at += 1 }
            guard at < bytes.count, bytes[at] == 0x22 else { return nil }
            defer { at += 1 }
            return String(decoding: bytes[begin..<at], as: UTF8.self)
        }

        /// A whole number of up to nine digits.
        mutating func number() -> Int? {
            passSpace()
            let begin = at
            var number = 0
            while at < bytes.count, (0x30...0x39).contains(bytes[at]), at - begin < 10 {
                number = number * 10 + Int(bytes[at] - 0x30)
                at += 1
            }
            guard (1...9).contains(at - begin), bytes[begin] != 0x30 || at - begin == 1 else { return nil }
            return number
        }
    }
}
