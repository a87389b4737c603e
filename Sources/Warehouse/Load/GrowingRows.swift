import Core

/// Rows of files that only ever grow, such as the segments of an event log: each load reads what was added since the
/// last one.
public protocol GrowingRows: TableStream {
    /// The column that tells rows apart: of several rows with one value the first is kept.
    var key: String { get }
    /// How far each file was read, in bytes by file name, once `next()` has returned nil.
    var places: [String: Int] { get }
    /// Lines that cannot be read, each with its file.
    var faults: [(file: String, reason: String)] { get }
}
