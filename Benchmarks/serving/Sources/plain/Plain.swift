import Hummingbird
import Logging

/// Hummingbird as its documentation starts it: a router, one route with a parameter, a fixed JSON body.
@main
struct Plain {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let port = Int(arguments[1]), let size = Int(arguments[2]), size >= 2 else {
            print("usage: plain PORT BODY-BYTES")
            return
        }
        let body = ByteBuffer(string: "\"" + String(repeating: "x", count: size - 2) + "\"")
        let router = Router()
        router.get("v1/recommendations/{user}") { _, _ in
            Response(status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: body))
        }
        var logger = Logger(label: "plain")
        logger.logLevel = .error
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)), logger: logger)
        try await application.runService()
    }
}
