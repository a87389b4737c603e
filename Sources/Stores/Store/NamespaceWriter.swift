/// Fills one namespace of a store; safe to use from several tasks at once.
public protocol NamespaceWriter: Sendable {
    /// The namespace's name.
    var name: String { get }

    /// Writes entries, in any order; a key written twice keeps one of its values.
    ///
    /// On return the store has accepted the entries; they outlive a crash only after ``finish()``.
    ///
    /// - Throws: `outOfSpace` if the disk or the server's memory is full, `unavailable` if the server went away and did
    ///   not come back in time.
    func write(_ batch: KeyValueBatch) async throws

    /// Removes keys; one that does not exist is no fault.
    func delete(_ keys: [[UInt8]]) async throws

    /// Makes everything written durable and ready to read. Nothing may be written afterwards.
    func finish() async throws

    /// Gives up: frees what the writer holds and removes the namespace.
    func cancel() async
}
