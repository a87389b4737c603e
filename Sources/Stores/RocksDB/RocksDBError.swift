import CRocksDB
import Core

/// Turns RocksDB's error texts into errors that teach.
enum RocksDBError {
    /// Calls `body` with a place for an error text, and throws if one was put there. The words for `work` are put
    /// together only then: lookups come here.
    static func check<Result>(
        _ work: @autoclosure () -> String, _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) throws -> Result {
        var text: UnsafeMutablePointer<CChar>?
        let result = body(&text)
        guard let text else { return result }
        defer { rocksdb_free(text) }
        throw explain(String(cString: text), work: work())
    }

    /// The family of an error follows from RocksDB's text, the only thing its C interface gives.
    static func explain(_ text: String, work: String) -> MartletError {
        let lower = text.lowercased()
        if lower.contains("no space left") || lower.contains("quota exceeded") || lower.contains("file too large") {
            return MartletError(.outOfSpace, "\(work): \(text)", hint: "free some space on the disk and run again")
        }
        if lower.contains("lock") && lower.contains("resource temporarily unavailable")
            || lower.contains("lock hold by current process")
        {
            return MartletError(
                .busy, "\(work): another process is writing it (\(text))", hint: "wait until it has finished")
        }
        if lower.contains("corruption") || lower.contains("checksum") {
            return MartletError(
                .corrupted, "\(work): \(text)", hint: "roll back or publish again: martlet rollback, martlet publish")
        }
        if lower.contains("no such file") || lower.contains("does not exist") {
            return MartletError(.notFound, "\(work): \(text)")
        }
        return MartletError(
            .system, "\(work): \(text)", hint: "check who owns the folder and whether the disk is sound")
    }
}
