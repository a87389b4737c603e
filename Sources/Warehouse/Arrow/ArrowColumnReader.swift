import CADBC
import Core

/// Turns the arrays of one batch into columns: in place where Arrow's layout is ours, by one C loop where it is not.
struct ArrowColumnReader {
    /// Who keeps the memory alive.
    let owner: ArrowArrayOwner
    /// The column's name, for messages.
    let name: String

    /// The column in rows `offset ..< offset + count` of `array`, counted from its own start.
    func column(_ array: ArrowArray, _ type: ArrowType, offset extra: Int = 0, count: Int? = nil) throws -> Column {
        let count = count ?? Int(array.length)
        let offset = Int(array.offset) + extra
        let validity = validity(array, type, offset: offset, count: count)
        switch type {
        case .list(let element, let wide, let size):
            let offsets = listOffsets(array, wide: wide, size: size, offset: offset, count: count)
            let start = count > 0 ? Int(offsets[0]) : 0
            let end = count > 0 ? Int(offsets[count]) : 0
            guard let child = array.children?[0] else { throw broken() }
            let elements = try column(child.pointee, element, offset: start, count: end - start)
            let rebased: Buffer<Int64> = start == 0 ? offsets : Buffer(offsets.values.map { $0 - Int64(start) })
            return Column(elements.values, validity: validity, listOffsets: rebased)
        case .dictionary(let index, let value):
            let codes = try values(array, index, offset: offset, count: count, validity: validity)
            guard let dictionary = array.dictionary else { throw broken() }
            return try gather(codes, from: column(dictionary.pointee, value), validity: validity, count: count)
        default:
            return Column(
                try values(array, type, offset: offset, count: count, validity: validity), validity: validity)
        }
    }

    private func validity(_ array: ArrowArray, _ type: ArrowType, offset: Int, count: Int) -> Buffer<UInt8>? {
        if type == .null { return Buffer([UInt8](repeating: 0, count: count)) }
        guard array.null_count != 0, array.n_buffers > 0, let bits = array.buffers?[0] else { return nil }
        return makeBuffer(count) {
            martlet_bits_to_bytes(bits.assumingMemoryBound(to: UInt8.self), Int64(offset), Int64(count), $0)
        }
    }

    private func listOffsets(_ array: ArrowArray, wide: Bool, size: Int?, offset: Int, count: Int) -> Buffer<Int64> {
        if let size { return Buffer((0...count).map { Int64(($0 + offset) * size) }) }
        return offsets(array, wide: wide, offset: offset, count: count)
    }

    private func offsets(_ array: ArrowArray, wide: Bool, offset: Int, count: Int) -> Buffer<Int64> {
        guard let buffer = array.buffers?[1], count > 0 else {
            return Buffer([Int64](repeating: 0, count: count + 1))
        }
        if wide { return owner.borrow(buffer, offset: offset, count: count + 1) }
        return makeBuffer(count + 1) {
            martlet_widen_offsets(buffer.assumingMemoryBound(to: Int32.self) + offset, Int64(count + 1), $0)
        }
    }

    private func values(
        _ array: ArrowArray, _ type: ArrowType, offset: Int, count: Int, validity: Buffer<UInt8>?
    ) throws -> Column.Values {
        let data = array.n_buffers > 1 ? array.buffers?[1] : nil
        guard count > 0 else { return Self.empty(type) }
        switch type {
        case .null:
            return .string(offsets: Buffer([Int64](repeating: 0, count: count + 1)), bytes: Buffer([]))
        case .bool:
            guard let data else { throw broken() }
            return .bool(
                makeBuffer(count) {
                    martlet_bits_to_bytes(data.assumingMemoryBound(to: UInt8.self), Int64(offset), Int64(count), $0)
                })
        case .float: return .float32(owner.borrow(data, offset: offset, count: count))
        case .double: return .float64(owner.borrow(data, offset: offset, count: count))
        case .half: return .float32(widen(data, offset, count, from: UInt16.self, Self.single))
        case .integer(4, true): return .int32(owner.borrow(data, offset: offset, count: count))
        case .integer(8, true): return .int64(owner.borrow(data, offset: offset, count: count))
        case .integer(1, true): return .int32(widen(data, offset, count, from: Int8.self) { Int32($0) })
        case .integer(1, false): return .int32(widen(data, offset, count, from: UInt8.self) { Int32($0) })
        case .integer(2, true): return .int32(widen(data, offset, count, from: Int16.self) { Int32($0) })
        case .integer(2, false): return .int32(widen(data, offset, count, from: UInt16.self) { Int32($0) })
        case .integer(4, false): return .int64(widen(data, offset, count, from: UInt32.self) { Int64($0) })
        case .integer:
            let values: Buffer<Int64> = owner.borrow(data, offset: offset, count: count)
            if let row = (0..<count).first(where: { values[$0] < 0 && validity?[$0] != 0 }) { throw tooLarge(row) }
            return .int64(values)
        case .time(let bytes, let scale, let isMoment):
            let values = try times(data, bytes: bytes, scale: scale, offset: offset, count: count)
            return isMoment ? .timestamp(values) : .int64(values)
        case .decimal(_, _, let scale):
            guard let data else { throw broken() }
            let start = data + 16 * offset
            if scale != 0 {
                return .float64(makeBuffer(count) { martlet_decimal_to_double(start, Int64(count), Int32(scale), $0) })
            }
            return .int64(
                try makeBuffer(count) {
                    let row = martlet_decimal_to_int64(start, Int64(count), validity?.values.baseAddress, $0)
                    if row >= 0 { throw tooLarge(Int(row)) }
                })
        case .text(let wide):
            let offsets = offsets(array, wide: wide, offset: offset, count: count)
            return .string(
                offsets: offsets, bytes: owner.borrow(array.buffers?[2], offset: 0, count: Int(offsets[count])))
        case .textView: return try views(array, offset: offset, count: count, validity: validity)
        case .fixedBytes(let size):
            return .string(
                offsets: Buffer((0...count).map { Int64($0 * size) }),
                bytes: owner.borrow(data, offset: offset * size, count: count * size))
        case .list, .dictionary: throw broken()
        }
    }

    private func times(
        _ data: UnsafeRawPointer?, bytes: Int, scale: Int, offset: Int, count: Int
    ) throws -> Buffer<Int64> {
        guard let data else { throw broken() }
        if bytes == 4 {
            let start = data.assumingMemoryBound(to: Int32.self) + offset
            return makeBuffer(count) { martlet_scale_int32(start, Int64(count), Int64(scale), $0) }
        }
        if scale == 1 { return owner.borrow(data, offset: offset, count: count) }
        let start = data.assumingMemoryBound(to: Int64.self) + offset
        return makeBuffer(count) {
            if scale > 0 {
                martlet_scale_int64(start, Int64(count), Int64(scale), $0)
            } else {
                martlet_divide_int64(start, Int64(count), Int64(-scale), $0)
            }
        }
    }

    private func views(
        _ array: ArrowArray, offset: Int, count: Int, validity: Buffer<UInt8>?
    ) throws -> Column.Values {
        guard let views = array.buffers?[1] else { throw broken() }
        let start = views + 16 * offset
        let valid = validity?.values.baseAddress
        let length = Int(martlet_views_length(start, Int64(count), valid))
        var bytes: Buffer<UInt8>?
        let offsets: Buffer<Int64> = makeBuffer(count + 1) { offsets in
            bytes = makeBuffer(length) {
                martlet_views_copy(start, Int64(count), valid, array.buffers + 2, offsets, $0)
            }
        }
        return .string(offsets: offsets, bytes: bytes ?? Buffer([]))
    }

    private func widen<Narrow, Wide: BitwiseCopyable>(
        _ data: UnsafeRawPointer?, _ offset: Int, _ count: Int, from: Narrow.Type, _ convert: (Narrow) -> Wide
    ) -> Buffer<Wide> {
        guard let start = data?.assumingMemoryBound(to: Narrow.self) else { return Buffer([]) }
        return makeBuffer(count) { for row in 0..<count { $0[row] = convert(start[offset + row]) } }
    }

    private func broken() -> MartletError {
        MartletError(.invalidData, "the driver's batch lacks the memory of column '\(name)'")
    }

    private func tooLarge(_ row: Int) -> MartletError {
        MartletError(
            .invalidData, "column '\(name)' holds a whole number beyond 64 bits (row \(row) of the batch)",
            hint: "cast it in SQL to DOUBLE PRECISION, or to text")
    }

    private static func empty(_ type: ArrowType) -> Column.Values {
        switch type.elementType {
        case .bool: .bool(Buffer([]))
        case .int32: .int32(Buffer([]))
        case .int64: .int64(Buffer([]))
        case .float32: .float32(Buffer([]))
        case .float64: .float64(Buffer([]))
        case .string: .string(offsets: Buffer([0]), bytes: Buffer([]))
        case .timestamp: .timestamp(Buffer([]))
        }
    }

    /// A half-precision number, from its bits.
    private static func single(_ bits: UInt16) -> Float {
        let sign: Float = bits >> 15 == 0 ? 1 : -1
        let exponent = Int(bits >> 10 & 0x1F)
        let fraction = Float(bits & 0x3FF)
        switch exponent {
        case 0: return sign * fraction * 0x1p-24
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * (1 + fraction * 0x1p-10) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
        }
    }
}
