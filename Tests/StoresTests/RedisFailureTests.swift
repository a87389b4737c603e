import Core
import Foundation
import Stores
import TestSupport
import Testing

/// What goes wrong with servers, and what must come of it.
@Suite(.enabled(if: RedisServer.isInstalled, "redis-server is not installed"), .timeLimit(.minutes(5)))
struct RedisFailureTests {
    @Test
    func aWrongPasswordIsRefusedAndNeverShown() async throws {
        let server = try RedisServer(arguments: ["--requirepass", "right-one"])
        try await server.waitUntilListening()
        for password in [nil, "wrong-one"] as [String?] {
            var configuration = server.configuration
            configuration.password = password.map(Secret.init)
            let error = await #expect(throws: MartletError.self) { _ = try await RedisStore.connect(configuration) }
            #expect(error?.code == .unauthorized)
            #expect(error?.hint != nil)
            #expect(error?.description.contains("wrong-one") == false)
            #expect(!"\(configuration)".contains("wrong-one"))
        }
        var configuration = server.configuration
        configuration.password = Secret("right-one")
        let store = try await RedisStore.connect(configuration)
        try await store.checkHealth()
        await store.close()
    }

    @Test
    func aUserWithAPasswordIsLetIn() async throws {
        let server = try RedisServer(arguments: [
            "--user", "shop", "on", ">secret-word", "~*", "&*", "+@all", "--user", "default", "off",
        ])
        try await server.waitUntilListening()
        var configuration = server.configuration
        configuration.username = "shop"
        configuration.password = Secret("secret-word")
        let store = try await RedisStore.connect(configuration)
        try await store.setPointer("p", to: [1])
        #expect(try await store.pointer("p") == [1])
        await store.close()
    }

    @Test
    func aServerThatIsNotThereIsUnavailable() async throws {
        let endpoint = RedisEndpoint(host: "127.0.0.1", port: LoopbackPort.free())
        let error = await #expect(throws: MartletError.self) {
            _ = try await RedisStore.connect(RedisConfiguration(endpoints: [endpoint]))
        }
        #expect(error?.code == .unavailable)
        #expect(error?.description.contains("\(endpoint)") == true)
    }

    @Test
    func aServerThatComesBackIsFoundAgain() async throws {
        let server = try RedisServer()
        try await server.waitUntilListening()
        var configuration = server.configuration
        configuration.timeout = 0.5
        let store = try await RedisStore.connect(configuration)
        try await store.setPointer("p", to: [1])
        server.kill()
        let error = await #expect(throws: MartletError.self) { _ = try await store.pointer("p") }
        #expect(error?.code == .unavailable)
        try server.start()
        try await server.waitUntilListening()
        try await waitUntil("the store answers again") { (try? await store.setPointer("p", to: [2])) != nil }
        #expect(try await store.pointer("p") == [2])
        await store.close()
    }

    @Test(.enabled(if: program(named: "openssl") != nil, "openssl is not installed"))
    func encryptedConnectionsAreVerified() async throws {
        try await withTemporaryFolder { folder in
            let request = [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", "\(folder)/key.pem", "-out",
                "\(folder)/cert.pem",
            ]
            let (status, output) = try await runProgram("openssl", request)
            try #require(status == 0, "\(output)")
            let server = try RedisServer(
                arguments: [
                    "--tls-cert-file", "\(folder)/cert.pem", "--tls-key-file",
                    "\(folder)/key.pem", "--tls-ca-cert-file", "\(folder)/cert.pem", "--tls-auth-clients", "no",
                ], isEncrypted: true)
            try await server.waitUntilListening()
            var configuration = server.configuration
            configuration.tls = .init()
            // Nobody we trust has signed this certificate.
            let error = await #expect(throws: MartletError.self) { _ = try await RedisStore.connect(configuration) }
            #expect(error?.code == .unavailable)
            configuration.tls?.authorities = "\(folder)/cert.pem"
            let store = try await RedisStore.connect(configuration)
            try await store.setPointer("p", to: [7])
            #expect(try await store.pointer("p") == [7])
            await store.close()
        }
    }

    @Test(.tags(.slow))
    func aClusterThatLosesANodeLosesNoList() async throws {
        let cluster = try await RedisClusterServers(replicas: 1, nodeTimeout: 2000)
        let store = try await RedisStore.connect(cluster.configuration)
        try await publish(store, "shop", marker: 1)
        let writer = try await ListPublisher(store: store, shop: "shop")
            .begin(manifest: manifest(), catalogue: (0..<3000).map(item))
        let victim = try #require(try await cluster.primaries().first)
        for part in 0..<40 {
            if part == 10 { victim.kill() }
            try await writer.writeUsers((0..<1000).map { ("user \(part * 1000 + $0)", list(marker: 2, seed: $0)) })
        }
        try await writer.writeFallbacks([("", list(marker: 2, seed: 0))])
        // The commit reads every list back and compares: it throws if one is lost.
        let published = try await writer.commit()
        #expect(published.manifest.users == 40_000)
        let reader = ListReader(store: store, shop: "shop")
        try await reader.refresh()
        #expect(try await reader.snapshot?.list(user: "user 12345") == list(marker: 2, seed: 345))
        await store.close()
    }
}
