/// A lock held in a store; released by ``release()`` or by the holder's death.
public protocol StoreLock: Sendable {
    /// Whether the lock is still ours: a Redis server that was away for too long may have given it to someone else.
    ///
    /// - Throws: `busy` if it was lost.
    func confirm() async throws

    /// Gives the lock back. Doing so twice is no fault.
    func release() async
}
