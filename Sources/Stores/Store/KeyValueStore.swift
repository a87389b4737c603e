/// A store of byte strings under byte-string keys: the one interface of RocksDB, Redis and memory.
///
/// Keys live in *namespaces*, which are written once and in bulk, then read, then dropped whole: one for each published
/// version. *Pointers* are small named values outside of all namespaces, replaced atomically: a reader sees the old
/// value or the new one, never a mixture, and never nothing in between.
///
/// Names of namespaces, pointers and locks are made of ASCII letters, digits, `.`, `_` and `-`.
public protocol KeyValueStore: Sendable {
    /// What messages call the store, such as `redis at 10.0.0.7:6379`; never holds a secret.
    var summary: String { get }

    /// Begins a namespace; what an unfinished writer of the same name left behind is removed first.
    ///
    /// - Throws: `invalidConfiguration` if the name has other characters than allowed or the store is open for reading
    ///   only, `busy` if another process is writing it, `unavailable`, `unauthorized`, `outOfSpace`.
    func create(namespace: String) async throws -> any NamespaceWriter

    /// Opens a namespace for reading. The reader keeps answering even when the namespace is dropped, where the store
    /// can do that (RocksDB and memory can, Redis cannot).
    ///
    /// - Throws: `notFound` if there is none of this name, `unavailable`, `unauthorized`, `corrupted`.
    func open(namespace: String) async throws -> any NamespaceReader

    /// Removes a namespace and all its keys; a name that does not exist is no fault.
    func drop(namespace: String) async throws

    /// The names of all namespaces, finished or not, sorted.
    func namespaces() async throws -> [String]

    /// The value of a pointer, or nil.
    func pointer(_ name: String) async throws -> [UInt8]?

    /// Replaces the value of a pointer in one atomic step; nil removes it.
    func setPointer(_ name: String, to value: [UInt8]?) async throws

    /// The names of all pointers that begin with `prefix`, sorted.
    func pointers(prefix: String) async throws -> [String]

    /// Takes a lock that no other process or task can hold at the same time. The lock of a holder that died is given
    /// out anew: at once for RocksDB and for a holder on this machine, after half a minute at most for any other on Redis.
    ///
    /// - Throws: `busy` naming the holder.
    func lock(_ name: String) async throws -> any StoreLock

    /// Asks the store for a sign of life.
    ///
    /// - Throws: `unavailable` or `unauthorized` with a hint.
    func checkHealth() async throws

    /// Ends connections and gives back memory. Readers must not be used afterwards.
    func close() async
}
