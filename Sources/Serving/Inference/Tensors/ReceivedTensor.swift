/// A tensor of a request as it came over the wire.
package struct ReceivedTensor: Sendable {
    /// The elements.
    package enum Payload: Sendable {
        /// As the protocol's text or typed form held them.
        case values(InferenceTensor.Contents)
        /// In binary form; see ``InferenceTensor/bytes``.
        case bytes(ArraySlice<UInt8>)
    }

    package let name: String
    package let type: TensorType
    package let shape: [Int]
    /// How many elements the shape says there are.
    package let count: Int
    private let payload: Payload

    /// Checks that the type exists, and that there are as many elements as the shape says.
    ///
    /// - Throws: an `invalid` fault.
    package init(name: String, datatype: String, shape: [Int], payload: Payload) throws(InferenceFault) {
        guard let type = TensorType(rawValue: datatype) else {
            throw InferenceFault(
                .invalid, "input '\(name)': there is no datatype '\(datatype.prefix(40))'",
                hint: "the datatypes are \(TensorType.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        var count = 1
        for length in shape {
            let (product, overflows) = count.multipliedReportingOverflow(by: length)
            guard length >= 0, !overflows else {
                throw InferenceFault(
                    .invalid, "input '\(name)': \(shape) is no shape of a tensor",
                    hint: "all lengths are at least 0, and their product is the number of elements")
            }
            count = product
        }
        self.name = name
        self.type = type
        self.shape = shape
        self.count = count
        self.payload = payload
        switch payload {
        case .values(let contents):
            guard contents.count == count else {
                throw InferenceFault(
                    .invalid, "input '\(name)': \(contents.count) elements for the shape \(shape), which has \(count)",
                    hint: "send one element for each place of the shape, in row-major order")
            }
        case .bytes(let bytes):
            guard let width = type.width else { break }
            let (expected, overflows) = count.multipliedReportingOverflow(by: width)
            guard !overflows, bytes.count == expected else {
                throw InferenceFault(
                    .invalid,
                    "input '\(name)': \(bytes.count) bytes for \(count) elements of \(type.rawValue), expected "
                        + (overflows ? "more than there can be" : "\(expected)"),
                    hint: "send little-endian numbers of \(width) bytes each, without gaps")
            }
        }
    }

    /// The elements as texts: whole numbers as they are written in decimal.
    ///
    /// - Throws: an `invalid` fault if the binary form is torn, or a text is no UTF-8.
    package func texts() throws(InferenceFault) -> [String] {
        if type != .bytes { return try integers().map(String.init) }
        switch payload {
        case .values(.texts(let texts)): return texts
        case .values: throw mismatch("texts")
        case .bytes(let bytes): return try split(bytes)
        }
    }

    /// The elements as whole numbers.
    ///
    /// - Throws: an `invalid` fault if they are of another type or too large.
    package func integers() throws(InferenceFault) -> [Int64] {
        switch payload {
        case .values(.integers(let values)): return values
        case .values: throw mismatch("whole numbers")
        case .bytes(let bytes):
            switch type {
            case .int8: return read(bytes, Int8.self).map(Int64.init)
            case .int16: return read(bytes, Int16.self).map(Int64.init)
            case .int32: return read(bytes, Int32.self).map(Int64.init)
            case .int64: return read(bytes, Int64.self)
            case .uint8: return read(bytes, UInt8.self).map(Int64.init)
            case .uint16: return read(bytes, UInt16.self).map(Int64.init)
            case .uint32: return read(bytes, UInt32.self).map(Int64.init)
            case .uint64:
                let values = read(bytes, UInt64.self)
                if let large = values.first(where: { $0 > Int64.max }) {
                    throw InferenceFault(.invalid, "input '\(name)': \(large) is too large", hint: "send INT64")
                }
                return values.map { Int64($0) }
            default: throw mismatch("whole numbers")
            }
        }
    }

    /// The elements as float32.
    ///
    /// - Throws: an `invalid` fault if they are of another type, or one is not finite.
    package func floats() throws(InferenceFault) -> [Float] {
        let values: [Float]
        switch payload {
        case .values(.floats(let floats)): values = floats
        case .bytes(let bytes) where type == .fp32:
            values = read(bytes, UInt32.self).map { Float(bitPattern: $0) }
        default: throw mismatch("numbers")
        }
        if let place = values.firstIndex(where: { !$0.isFinite }) {
            throw InferenceFault(
                .invalid, "input '\(name)': element \(place) is \(values[place]), expected a finite number",
                hint: "send finite numbers only")
        }
        return values
    }

    private func mismatch(_ what: String) -> InferenceFault {
        InferenceFault(.invalid, "input '\(name)': expected \(what), found \(type.rawValue)")
    }

    private func read<Number: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>, _ type: Number.Type) -> [Number] {
        bytes.withUnsafeBytes { memory in
            (0..<count).map {
                Number(
                    littleEndian: memory.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Number>.size, as: type))
            }
        }
    }

    /// Takes texts apart that stand after their lengths.
    private func split(_ bytes: ArraySlice<UInt8>) throws(InferenceFault) -> [String] {
        var texts: [String] = []
        var rest = bytes
        while let first = rest.first {
            var length = Int(first)
            let head = rest.prefix(4)
            for (place, byte) in head.enumerated().dropFirst() { length |= Int(byte) << (8 * place) }
            guard head.count == 4, length <= rest.count - 4 else {
                throw InferenceFault(
                    .invalid, "input '\(name)': element \(texts.count) is cut off after \(rest.count) bytes",
                    hint: "each element is its length in 4 bytes, little-endian, and then its bytes")
            }
            guard let text = String(validating: rest.dropFirst(4).prefix(length), as: UTF8.self) else {
                throw InferenceFault(
                    .invalid, "input '\(name)': element \(texts.count) is no UTF-8", hint: "encode ids as UTF-8")
            }
            texts.append(text)
            rest = rest.dropFirst(4 + length)
        }
        guard texts.count == count else {
            throw InferenceFault(
                .invalid, "input '\(name)': \(texts.count) elements for the shape \(shape), which has \(count)",
                hint: "send one element for each place of the shape, in row-major order")
        }
        return texts
    }
}
