import CADBC
import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Hands a stream of tables to a driver as an Arrow stream.
///
/// Numbers, timestamps and text lie where they are and are kept alive until the driver gives them back; truth values
/// and validity become bits.
final class ArrowStreamWriter {
    private let source: any TableStream
    private let schema: Schema
    /// The error of the source, which the driver knows only as a number.
    private(set) var failure: (any Error)?
    private let message: UnsafeMutablePointer<CChar>

    init(_ source: any TableStream) throws {
        for column in source.schema.columns where column.isList {
            throw MartletError(
                .invalidData, "column '\(column.name)' holds lists, which cannot be sent to a warehouse",
                hint: "write one row per element")
        }
        self.source = source
        schema = source.schema
        message = strdup("the rows to send could not be read")!
    }

    deinit { free(message) }

    /// A stream that owns `self` until the driver releases it.
    func stream() -> ArrowArrayStream {
        var stream = ArrowArrayStream()
        stream.private_data = Unmanaged.passRetained(self).toOpaque()
        stream.get_schema = { stream, out in
            ArrowStreamWriter.of(stream!).writeSchema(to: out!)
            return 0
        }
        stream.get_next = { stream, out in ArrowStreamWriter.of(stream!).writeNext(to: out!) ? 0 : EIO }
        stream.get_last_error = { stream in UnsafePointer(ArrowStreamWriter.of(stream!).message) }
        stream.release = { stream in
            Unmanaged<ArrowStreamWriter>.fromOpaque(stream!.pointee.private_data).release()
            stream!.pointee.release = nil
        }
        return stream
    }

    private static func of(_ stream: UnsafeMutablePointer<ArrowArrayStream>) -> ArrowStreamWriter {
        Unmanaged<ArrowStreamWriter>.fromOpaque(stream.pointee.private_data).takeUnretainedValue()
    }

    private func writeSchema(to out: UnsafeMutablePointer<ArrowSchema>) {
        let root = ArrowExport()
        let children = root.allocate(UnsafeMutablePointer<ArrowSchema>?.self, schema.columns.count)
        for (index, column) in schema.columns.enumerated() {
            let child = UnsafeMutablePointer<ArrowSchema>.allocate(capacity: 1)
            let export = ArrowExport()
            child.initialize(to: ArrowSchema())
            child.pointee.format = export.text(Self.format(of: column.type))
            child.pointee.name = export.text(column.name)
            child.pointee.flags = Int64(ARROW_NULLABLE)
            export.own(child)
            children[index] = child
            root.onRelease {
                child.pointee.release?(child)
                child.deallocate()
            }
        }
        out.initialize(to: ArrowSchema())
        out.pointee.format = root.text("+s")
        out.pointee.name = root.text("")
        out.pointee.n_children = Int64(schema.columns.count)
        out.pointee.children = children
        root.own(out)
    }

    private func writeNext(to out: UnsafeMutablePointer<ArrowArray>) -> Bool {
        out.initialize(to: ArrowArray())
        do {
            guard let table = try source.next() else { return true }
            let root = ArrowExport()
            let children = root.allocate(UnsafeMutablePointer<ArrowArray>?.self, table.columns.count)
            for (index, column) in table.columns.enumerated() {
                let child = UnsafeMutablePointer<ArrowArray>.allocate(capacity: 1)
                child.initialize(to: ArrowArray())
                write(column, to: child)
                children[index] = child
                root.onRelease {
                    child.pointee.release?(child)
                    child.deallocate()
                }
            }
            let buffers = root.allocate(UnsafeRawPointer?.self, 1)
            buffers[0] = nil
            out.pointee.length = Int64(table.rowCount)
            out.pointee.n_buffers = 1
            out.pointee.buffers = buffers
            out.pointee.n_children = Int64(table.columns.count)
            out.pointee.children = children
            root.own(out)
            return true
        } catch {
            failure = error
            return false
        }
    }

    private func write(_ column: Column, to array: UnsafeMutablePointer<ArrowArray>) {
        let export = ArrowExport()
        let count = column.count
        let buffers = export.allocate(UnsafeRawPointer?.self, 3)
        buffers[0] = nil
        buffers[2] = nil
        array.pointee.length = Int64(count)
        array.pointee.n_buffers = 2
        if let validity = column.validity {
            let bits = export.allocate(UInt8.self, (count + 7) / 8)
            array.pointee.null_count = martlet_bytes_to_bits(validity.values.baseAddress, Int64(count), bits)
            buffers[0] = UnsafeRawPointer(bits)
        }
        switch column.values {
        case .bool(let values):
            let bits = export.allocate(UInt8.self, (count + 7) / 8)
            _ = martlet_bytes_to_bits(values.values.baseAddress, Int64(count), bits)
            buffers[1] = UnsafeRawPointer(bits)
        case .int32(let values): buffers[1] = export.keep(values)
        case .int64(let values), .timestamp(let values): buffers[1] = export.keep(values)
        case .float32(let values): buffers[1] = export.keep(values)
        case .float64(let values): buffers[1] = export.keep(values)
        case .string(let offsets, let bytes):
            array.pointee.n_buffers = 3
            buffers[1] = export.keep(offsets)
            buffers[2] = export.keep(bytes)
        }
        array.pointee.buffers = buffers
        export.own(array)
    }

    private static func format(of type: ElementType) -> String {
        switch type {
        case .bool: "b"
        case .int32: "i"
        case .int64: "l"
        case .float32: "f"
        case .float64: "g"
        case .string: "U"
        case .timestamp: "tsu:"
        }
    }
}
