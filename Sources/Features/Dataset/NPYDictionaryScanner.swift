import Core

/// Reads the small Python dictionary in a `.npy` header, and nothing else of Python.
struct NPYDictionaryScanner {
    let bytes: [UInt8]
    let path: String
    private var position = 0

    init(bytes: [UInt8], path: String) {
        self.bytes = bytes
        self.path = path
    }

    /// The three entries, in any order.
    mutating func scan() throws -> (descriptor: String, isFortranOrder: Bool, shape: [Int]) {
        var descriptor: String?
        var fortran: Bool?
        var shape: [Int]?
        try expect("{")
        while !accept("}") {
            let key = try text()
            try expect(":")
            switch key {
            case "descr": descriptor = try text()
            case "fortran_order": fortran = try truth()
            case "shape": shape = try tuple()
            default: throw fault("the unknown entry '\(key)'")
            }
            if !accept(",") {
                try expect("}")
                break
            }
        }
        skipSpaces()
        guard position == bytes.count else { throw fault("something after its end") }
        guard let descriptor, let fortran, let shape else { throw fault("too few entries") }
        return (descriptor, fortran, shape)
    }

    private func fault(_ what: String) -> MartletError {
        MartletError(.corrupted, "the header of \(path) has \(what)", hint: "build the dataset again")
    }

    private mutating func skipSpaces() {
        while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x0A { position += 1 }
    }

    private mutating func accept(_ sign: Unicode.Scalar) -> Bool {
        skipSpaces()
        guard position < bytes.count, bytes[position] == UInt8(sign.value) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ sign: Unicode.Scalar) throws {
        guard accept(sign) else { throw fault("no '\(sign)' where one belongs") }
    }

    private mutating func text() throws -> String {
        skipSpaces()
        guard position < bytes.count, bytes[position] == 0x27 || bytes[position] == 0x22 else {
            throw fault("no text where one belongs")
        }
        let quote = bytes[position]
        guard let end = bytes[(position + 1)...].firstIndex(of: quote) else { throw fault("a text without an end") }
        defer { position = end + 1 }
        return String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
    }

    private mutating func truth() throws -> Bool {
        skipSpaces()
        for (word, value) in [("True", true), ("False", false)] where bytes[position...].starts(with: word.utf8) {
            position += word.utf8.count
            return value
        }
        throw fault("no True or False where one belongs")
    }

    private mutating func tuple() throws -> [Int] {
        var numbers: [Int] = []
        try expect("(")
        while !accept(")") {
            skipSpaces()
            var value = 0
            var digits = 0
            while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
                let (shifted, first) = value.multipliedReportingOverflow(by: 10)
                let (sum, second) = shifted.addingReportingOverflow(Int(bytes[position] - 0x30))
                guard !first, !second else { throw fault("a length beyond all memory") }
                value = sum
                digits += 1
                position += 1
            }
            guard digits > 0 else { throw fault("no number where one belongs") }
            numbers.append(value)
            guard numbers.count <= 32 else { throw fault("too many dimensions") }
            if !accept(",") {
                try expect(")")
                break
            }
        }
        return numbers
    }
}
