import CADBC
import Core

/// What one exported Arrow structure owns: memory and buffers that live until the receiver releases it.
final class ArrowExport {
    private var cleanups: [() -> Void] = []

    deinit { for cleanup in cleanups { cleanup() } }

    /// Runs `body` when the structure is released.
    func onRelease(_ body: @escaping () -> Void) { cleanups.append(body) }

    /// Memory for `count` values.
    func allocate<Element>(_ type: Element.Type, _ count: Int) -> UnsafeMutablePointer<Element> {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(count, 1))
        onRelease { memory.deallocate() }
        return memory
    }

    /// A copy of a text, ended by a zero byte.
    func text(_ text: String) -> UnsafePointer<CChar> {
        let bytes = text.utf8CString
        let memory = allocate(CChar.self, bytes.count)
        for (index, byte) in bytes.enumerated() { memory[index] = byte }
        return UnsafePointer(memory)
    }

    /// The address of a buffer, which stays alive.
    func keep<Element>(_ buffer: Buffer<Element>) -> UnsafeRawPointer? {
        onRelease { withExtendedLifetime(buffer) {} }
        return buffer.values.baseAddress.map { UnsafeRawPointer($0) }
    }

    /// Makes `schema` own `self`.
    func own(_ schema: UnsafeMutablePointer<ArrowSchema>) {
        schema.pointee.private_data = Unmanaged.passRetained(self).toOpaque()
        schema.pointee.release = { schema in
            Unmanaged<ArrowExport>.fromOpaque(schema!.pointee.private_data).release()
            schema!.pointee.release = nil
        }
    }

    /// Makes `array` own `self`.
    func own(_ array: UnsafeMutablePointer<ArrowArray>) {
        array.pointee.private_data = Unmanaged.passRetained(self).toOpaque()
        array.pointee.release = { array in
            Unmanaged<ArrowExport>.fromOpaque(array!.pointee.private_data).release()
            array!.pointee.release = nil
        }
    }
}
