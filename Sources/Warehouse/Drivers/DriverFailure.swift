import CADBC
import Core

/// Turns what a driver says about a failure into an error of ours, with every secret taken out.
struct DriverFailure: Sendable {
    /// What the errors call the database, such as `duckdb`.
    var database: String
    /// Texts that must never be printed.
    var secrets: [String]

    /// Runs a call of the driver.
    ///
    /// - Throws: the error that the driver describes.
    func check(_ work: String, _ call: (UnsafeMutablePointer<AdbcError>) -> AdbcStatusCode) throws {
        var error = AdbcError()
        let status = call(&error)
        defer { error.release?(&error) }
        guard status != ADBC_OK else { return }
        let message = error.message.map { String(cString: $0) } ?? "the driver gives no reason (status \(status))"
        let state = withUnsafeBytes(of: error.sqlstate) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        throw self.error(work, status: status, state: state, message: message)
    }

    /// The error for a status, an SQLSTATE (empty if unknown) and a message.
    func error(_ work: String, status: AdbcStatusCode, state: String, message: String) -> MartletError {
        let text = redact(message).trimmingLines()
        let (code, hint) = Self.classify(status: status, state: state, message: text)
        return MartletError(code, "\(database): \(work): \(text)", hint: hint)
    }

    /// `text` with secrets replaced.
    func redact(_ text: String) -> String {
        var text = text
        for secret in secrets where !secret.isEmpty {
            while let range = text.firstRange(of: secret) { text.replaceSubrange(range, with: "•••") }
        }
        return text
    }

    private static func classify(
        status: AdbcStatusCode, state: String, message: String
    ) -> (MartletError.Code, hint: String?) {
        func says(_ words: String...) -> Bool { words.contains { message.contains($0) } }
        if state == "53100" || says("No space left", "no space left", "disk full", "database or disk is full") {
            return (.outOfSpace, "free some space on the disk and run again; nothing was changed")
        }
        if says("Could not set lock", "Conflicting lock") {
            return (.busy, "another program has this database open; end it, or wait for it")
        }
        if state.hasPrefix("28") || status == ADBC_UNAUTHENTICATED || says("password authentication failed") {
            return (.unauthorized, "check the user and the password that the project's warehouse names")
        }
        if status == ADBC_UNAUTHORIZED || state == "42501" {
            return (.unauthorized, "give the user the right to do this, or name another user")
        }
        if state.hasPrefix("08") || state.hasPrefix("57P")
            || says(
                "could not connect", "Connection refused", "connection refused", "server closed the connection",
                "no connection to the server", "could not translate host", "terminating connection", "no such host")
        {
            return (.unavailable, "check that the server runs and that the address is right, then run again")
        }
        if says("Out of Memory", "OutOfMemory") {
            return (.outOfSpace, "raise 'memory' under warehouse, or lower 'threads'")
        }
        switch status {
        case AdbcStatusCode(ADBC_NOT_FOUND): return (.notFound, nil)
        case AdbcStatusCode(ADBC_CANCELLED): return (.cancelled, nil)
        case AdbcStatusCode(ADBC_TIMEOUT): return (.unavailable, nil)
        default: break
        }
        if ["42P01", "3F000", "42703", "3D000"].contains(state) || says("does not exist", "no such table") {
            return (.notFound, nil)
        }
        return (.invalidData, nil)
    }
}

extension String {
    /// Without blank lines and spaces at its ends.
    fileprivate func trimmingLines() -> String {
        var text = self[...]
        while let last = text.last, last.isWhitespace { text.removeLast() }
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        return String(text)
    }
}
