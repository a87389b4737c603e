import Core
import NIOCore

/// Commands on their way, and who waits for their answers.
struct RedisRequest: Sendable {
    var commands: RedisCommands
    var promise: EventLoopPromise<[RESPValue]>
}

/// Pairs answers with commands on one connection: Redis answers in the order in which it was asked.
///
/// Any number of requests can be on their way. Writes of one turn of the event loop leave in one system call.
final class RedisChannelHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = RedisRequest
    typealias OutboundOut = ByteBuffer

    /// A request that has some of its answers, or none yet.
    private struct Waiting {
        var promise: EventLoopPromise<[RESPValue]>
        var remaining: Int
        var answers: [RESPValue] = []
        var keepsArrays: Bool
        var deadline: NIODeadline
    }

    private let server: String
    private let timeout: TimeAmount
    private let onPush: (@Sendable (RESPValue) -> Void)?
    private var parser = RESPParser()
    private var waiting: CircularBuffer<Waiting> = []
    private var isFlushScheduled = false
    private var watch: Scheduled<Void>?
    private var failure: MartletError?

    init(server: String, timeout: TimeAmount, onPush: (@Sendable (RESPValue) -> Void)? = nil) {
        self.server = server
        self.timeout = timeout
        self.onPush = onPush
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let request = unwrapOutboundIn(data)
        if let failure {
            request.promise.fail(failure)
            promise?.fail(failure)
            return
        }
        var entry = Waiting(
            promise: request.promise, remaining: request.commands.count, keepsArrays: request.commands.keepsArrays,
            deadline: .now() + timeout)
        entry.answers.reserveCapacity(request.commands.count)
        waiting.append(entry)
        context.write(wrapOutboundOut(request.commands.buffer), promise: promise)
        if !isFlushScheduled {
            isFlushScheduled = true
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.eventLoop.execute {
                let (handler, context) = bound.value
                handler.isFlushScheduled = false
                context.flush()
            }
        }
        if watch == nil { watchDeadlines(context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        buffer.withUnsafeReadableBytes { parser.append($0) }
        do {
            while let value = try nextValue() {
                if case .push = value {
                    onPush?(value)
                    continue
                }
                try deliver(value)
            }
        } catch {
            fail(
                context,
                MartletError(
                    .unavailable, "\(server) does not speak Redis's protocol: \(error)",
                    hint: "check host and port, and whether the server wants TLS (rediss://)"))
        }
    }

    private func nextValue() throws -> RESPValue? {
        waiting.first?.keepsArrays == true ? try parser.nextUnparsed() : try parser.next()
    }

    private func deliver(_ value: RESPValue) throws {
        guard !waiting.isEmpty else { throw RESPParser.Fault(description: "an answer to nothing") }
        let isLast = waiting[waiting.startIndex].remaining == 1
        waiting[waiting.startIndex].answers.append(value)
        waiting[waiting.startIndex].remaining -= 1
        if isLast {
            let done = waiting.removeFirst()
            done.promise.succeed(done.answers)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(context, closedError())
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(
            context,
            MartletError(
                .unavailable, "the connection to \(server) broke", hint: Self.hint(for: error), underlying: error))
    }

    private static func hint(for error: any Error) -> String {
        "\(error)".contains("certificate") || "\(error)".contains("CERTIFICATE")
            ? "name the authority that signed the server's certificate: tls: {ca: FILE}"
            : "check that the server is running and that TLS (rediss://) is on for both sides or for none"
    }

    private func closedError() -> MartletError {
        MartletError(.unavailable, "\(server) closed the connection", hint: "check that the server is running")
    }

    private func fail(_ context: ChannelHandlerContext, _ error: MartletError) {
        if failure == nil { failure = error }
        watch?.cancel()
        watch = nil
        let failed = waiting
        waiting.removeAll()
        for request in failed { request.promise.fail(failure ?? error) }
        context.close(promise: nil)
    }

    /// Looks at the oldest request when it is due; an answer cannot be skipped, so the connection ends with it.
    private func watchDeadlines(_ context: ChannelHandlerContext) {
        guard let oldest = waiting.first else {
            watch = nil
            return
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        watch = context.eventLoop.scheduleTask(deadline: max(oldest.deadline, .now() + .milliseconds(10))) {
            let (handler, context) = bound.value
            if let oldest = handler.waiting.first, oldest.deadline <= .now() {
                let seconds = Double(handler.timeout.nanoseconds) / 1e9
                handler.fail(
                    context,
                    MartletError(
                        .unavailable, "\(handler.server) did not answer within \(seconds) s",
                        hint: "check the server's load, or raise the store's timeout"))
            } else {
                handler.watchDeadlines(context)
            }
        }
    }
}
