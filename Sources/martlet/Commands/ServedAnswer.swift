import Core
import Foundation
import Project
import Serving
import Stores
import Synchronization

/// Starts the project's server on a free port, asks it with curl for one user's list, and stops it.
struct ServedAnswer {
    let project: String
    let user: String
    let k: Int

    /// - Parameters:
    ///   - stay: whether the server stays until Ctrl-C.
    ///   - say: where the command and the answer are shown.
    /// - Returns: the answer.
    /// - Throws: `missingDependency` if there is no curl, `unavailable` if the server does not answer.
    func ask(stay: Bool, _ say: @escaping @Sendable (String) -> Void) async throws -> JSONValue {
        var (configuration, serving) = try ProjectRunner.configuration(project)
        if !stay { serving.port = 0 }
        let store = try await configuration.publishing.store.open(readOnly: true)
        let reader = ListReader(store: store, shop: configuration.name)
        let (addresses, found) = AsyncStream.makeStream(of: RecommendationService.Address.self)
        let service = try RecommendationService(configuration: serving, reader: reader) { found.yield($0) }
        let (user, k) = (user, k)
        let answer: JSONValue
        do {
            answer = try await withThrowingTaskGroup(of: JSONValue?.self) { group in
                group.addTask {
                    try await service.run()
                    return nil
                }
                group.addTask {
                    for await address in addresses {
                        let url = "\(address.url)/v1/recommendations/\(user)?k=\(k)"
                        say("\nA server answers for customer \(user.prefix(12))…:\n  curl '\(url)'\n")
                        let text = try Self.curl(url)
                        say(text + "\n")
                        if stay { say("\nThe server goes on at \(address.url); Ctrl-C ends it.\n") }
                        return try JSONValue(parsing: text, source: url)
                    }
                    return nil
                }
                var answer: JSONValue?
                while let ended = try await group.next() {
                    if let ended { answer = ended }
                    if answer != nil, !stay { break }
                }
                group.cancelAll()
                guard let answer else { throw MartletError(.unavailable, "the server ended before it answered") }
                return answer
            }
        } catch {
            await store.close()
            throw error
        }
        await store.close()
        return answer
    }

    private static func curl(_ url: String) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["curl", "--silent", "--show-error", "--fail-with-body", "--max-time", "20", url]
        let pipe = Pipe()
        process.standardOutput = pipe
        do {
            try process.run()
        } catch {
            throw MartletError(
                .missingDependency, "curl is not installed", hint: "apt-get install curl", underlying: error)
        }
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw MartletError(
                .unavailable, "the server did not answer \(url): \(String(decoding: bytes, as: UTF8.self))")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
