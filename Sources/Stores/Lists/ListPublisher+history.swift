extension ListPublisher {
    /// Since when the live version is live, in seconds since 1970; nil if nothing is published.
    ///
    /// - Throws: `unavailable`, `unauthorized`, `corrupted`.
    public func liveSince() async throws -> Int64? {
        try names.check()
        return try await live()?.since
    }
}
