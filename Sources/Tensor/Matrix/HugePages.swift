#if canImport(Glibc)
import Glibc
#endif

/// Pages of 2 MB for large tables: rows looked up at random then miss the translation cache less often.
enum HugePages {
    /// The size of a huge page in bytes; what is to lie in them begins at a multiple of it.
    static let size = 1 << 21
    /// Memory smaller than this does without.
    static let worthwhile = 4 << 20

    /// Asks the system to back new memory with huge pages. It need not: nothing depends on it but speed.
    static func ask(for memory: UnsafeMutableRawPointer, bytes: Int) {
        #if canImport(Glibc)
        if bytes >= worthwhile { madvise(memory, bytes / size * size, MADV_HUGEPAGE) }
        #endif
    }
}
