import Core
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Stores

/// Answers `POST /v1/events`.
struct EventResponder: Sendable {
    /// Nil if the project takes no events.
    let intake: EventIntake?
    let metrics: EventMetrics

    /// Takes the events of a body.
    ///
    /// - Returns: `{"accepted": 2, "duplicates": 0, "ids": ["…", "…"]}` when they are durable and visible.
    /// - Throws: a ``Problem``; then none of them was taken.
    func post(_ body: ByteBuffer, logger: () -> Logger) async throws -> Response {
        guard let intake else {
            throw Problem(
                .notFound, "no-events", "this server takes no events",
                hint: "add a line such as 'events: {folder: events}' under 'serve' in martlet.yml")
        }
        let started = NIODeadline.now()
        let now = UniversalTime.now()
        let microseconds = Int64(now.seconds) * 1_000_000 + Int64(now.nanoseconds) / 1000
        let events: [Event]
        do throws(EventFault) {
            events = try Self.parse(body, EventParser(rules: intake.configuration.rules, now: microseconds))
        } catch {
            metrics.countRejection(.invalid)
            throw Self.problem(of: error)
        }
        let isNew: [Bool]
        do {
            isNew = try await intake.log.append(events)
        } catch {
            throw refusal(error, logger)
        }
        metrics.countAccepted(events, isNew, nanoseconds: Int((NIODeadline.now() - started).nanoseconds))
        return Self.answer(events, accepted: isNew.count { $0 })
    }

    /// Notes an answer of the pipeline: how long ago the youngest event was that it knew of.
    func countRecommendation(to user: String) {
        guard let time = intake?.activity.lastTime(of: user) else { return }
        let now = UniversalTime.now()
        metrics.countRecommendation(
            secondsSinceEvent: Double(now.seconds) + Double(now.nanoseconds) / 1e9 - Double(time) / 1e6)
    }

    private static func parse(_ body: ByteBuffer, _ parser: EventParser) throws(EventFault) -> [Event] {
        let result: Result<[Event], EventFault> = body.withUnsafeReadableBytes { bytes in
            Result { () throws(EventFault) in
                try parser.parse(bytes.bindMemory(to: UInt8.self)).events
            }
        }
        return try result.get()
    }

    private static func problem(of fault: EventFault) -> Problem {
        switch fault.kind {
        case .malformed:
            Problem(
                .badRequest, "invalid-body", fault.message,
                hint: fault.hint
                    ?? #"send {"kind": "view", "user": "ID", "item": "ID"} or {"events": [ … ]} with such objects"#)
        case .invalid: Problem(.badRequest, "invalid-event", fault.message, hint: fault.hint)
        case .tooMany:
            Problem(
                .contentTooLarge, "too-many-events", fault.message,
                hint: "\(fault.hint ?? ""), or raise serve.events.batch")
        }
    }

    /// What the client is told when the log does not take its events: to send them again later, with the same ids.
    private func refusal(_ error: any Error, _ logger: () -> Logger) -> Problem {
        let known = error as? MartletError
        if known?.code == .busy {
            metrics.countRejection(.busy)
            return Problem(
                .serviceUnavailable, "events-waiting", known?.message ?? "too many events wait for the disk",
                hint: "send them again in a moment, with the same ids", retryAfter: 1)
        }
        logger().error("the event log did not take events", metadata: ["error": "\(error)"])
        if known?.code == .outOfSpace {
            metrics.countRejection(.outOfSpace)
            return Problem(
                .insufficientStorage, "event-log-full",
                "the disk of the event log is full: none of the events was taken",
                hint: "free space on the server's disk, then send them again with the same ids", retryAfter: 10)
        }
        metrics.countRejection(.failed)
        return Problem(
            .serviceUnavailable, "event-log-unavailable",
            "the event log could not be written: none of the events was taken",
            hint: "send them again in a moment, with the same ids; the server's log tells more", retryAfter: 1)
    }

    private static func answer(_ events: [Event], accepted: Int) -> Response {
        var text = "{\"accepted\":\(accepted),\"duplicates\":\(events.count - accepted),\"ids\":["
        for (index, event) in events.enumerated() {
            if index > 0 { text += "," }
            JSONValue.quote(event.id, to: &text)
        }
        text += "]}"
        return Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

extension HTTPResponse.Status {
    /// RFC 4918, section 11.5.
    static let insufficientStorage = HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
}
