import Synchronization

/// Collects every fault found in a file, so that a user sees all of them at once.
public final class Diagnostics: Sendable {
    private let collected = Mutex<[MartletError]>([])

    /// Makes an empty collection.
    public init() {}

    /// The faults so far, in the order in which they stand in their files.
    public var errors: [MartletError] {
        collected.withLock { errors in
            errors.enumerated().sorted { left, right in
                let (a, b) = (left.element.location, right.element.location)
                guard let a, let b, a.file == b.file else { return left.offset < right.offset }
                return (a.line, a.column, left.offset) < (b.line, b.column, right.offset)
            }.map(\.element)
        }
    }

    /// Notes one fault; the same words about the same place are noted once.
    public func report(_ error: MartletError) {
        collected.withLock { errors in
            if errors.contains(where: { $0.location == error.location && $0.message == error.message }) { return }
            errors.append(error)
        }
    }

    /// Notes one fault of the configuration.
    public func report(_ message: String, hint: String? = nil, at location: SourceLocation?) {
        report(MartletError(.invalidConfiguration, message, hint: hint, at: location))
    }

    /// Ends the check.
    ///
    /// - Throws: the one fault, or `InvalidFile` with all of them; nothing if there is none.
    public func throwIfAny() throws {
        let errors = self.errors
        if errors.count == 1 { throw errors[0] }
        if !errors.isEmpty { throw InvalidFile(errors: errors) }
    }
}

/// Several faults in one file or project.
public struct InvalidFile: Error, CustomStringConvertible {
    /// The faults in the order in which they stand in the file.
    public var errors: [MartletError]

    /// All faults, one below the other.
    public var description: String {
        errors.map(\.description).joined(separator: "\n")
    }
}
