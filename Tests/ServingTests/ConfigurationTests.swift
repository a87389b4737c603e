import Core
import Serving
import Stores
import Testing

@Suite struct ConfigurationTests {
    private func read(_ text: String) throws -> ServingConfiguration {
        let diagnostics = Diagnostics()
        let node = try ConfigurationNode(yaml: text, file: "martlet.yml")
        var fields = ConfigurationFields(node, path: "serve", diagnostics: diagnostics)
        let configuration = ServingConfiguration(&fields, projectFolder: "/shop")
        try diagnostics.throwIfAny()
        return configuration
    }

    @Test func everythingCanBeSet() throws {
        let configuration = try read(
            """
            host: 0.0.0.0
            port: 0
            api-keys-env: [SHOP_KEYS, PARTNER_KEY]
            open-metrics: true
            threads: 3
            tls: {certificate: server.pem, key: /secret/server.key}
            limits: {items: 50, default-items: 10, users: 20, excluded: 5, body: 2048, concurrency: 7}
            events: {folder: log, fsync: false, segment-mb: 8, segment-age: 10m, retain: 0s, replay: 1d, ids: 5000, batch: 50,
              ahead: 1m, oldest: 2d, contacts: 5, seen: 6, memory-mb: 7}
            timeouts: {idle: 2m, drain: 5s, shutdown: 10}
            log: {level: debug, requests: 0.25}
            """)
        #expect(configuration.host == "0.0.0.0" && configuration.port == 0)
        #expect(configuration.keyVariables == ["SHOP_KEYS", "PARTNER_KEY"])
        #expect(configuration.openMetrics && configuration.threads == 3)
        #expect(configuration.certificate?.chain == "/shop/server.pem")
        #expect(configuration.certificate?.key == "/secret/server.key")
        #expect(configuration.limits.items == 50 && configuration.limits.defaultItems == 10)
        #expect(configuration.limits.users == 20 && configuration.limits.bodyBytes == 2048)
        #expect(configuration.limits.excluded == 5 && configuration.limits.concurrency == 7)
        let events = try #require(configuration.events)
        #expect(events.log.folder == "/shop/log" && !events.log.synchronises && events.log.retention == nil)
        #expect(events.log.segmentBytes == 8 << 20 && events.log.segmentAge == 600 && events.log.replay == 86_400)
        #expect(
            events.log.rememberedIDs == 5000 && events.batch == 50 && events.ahead == 60 && events.oldest == 172_800)
        #expect(events.activity.contacts == 5 && events.activity.seen == 6 && events.activity.bytes == 7 << 20)
        #expect(configuration.timeouts.idle == 120 && configuration.timeouts.drain == 5)
        #expect(configuration.timeouts.shutdown == 10)
        #expect(configuration.log.level == "debug" && configuration.log.requests == 0.25)
    }

    @Test func nothingNeedsToBeSet() throws {
        let configuration = try read("{}")
        #expect(configuration.host == "127.0.0.1" && configuration.port == 8080)
        #expect(configuration.events == nil)
        #expect(try read("events:").events?.log.folder == "/shop/events")
        #expect(configuration.certificate == nil && configuration.keyVariables.isEmpty)
    }

    @Test func allFaultsAreReportedAtOnce() throws {
        let error = #expect(throws: InvalidFile.self) {
            _ = try read(
                """
                prot: 8080
                port: 70000
                tls: {certificate: a.pem}
                limits: {items: 10, default-items: 11}
                events: {foldr: x, segment-age: 0s, fsync: perhaps}
                log: {level: loud}
                """)
        }
        let text = error?.description ?? ""
        #expect(error?.errors.count == 8)
        for part in [
            "did you mean 'port'", "70000", "'serve.tls.key' is missing", "default-items", "serve.log.level",
            "did you mean 'folder'", "'serve.events.segment-age' must be at least 1 s", "serve.events.fsync",
        ] {
            #expect(text.contains(part), "\(part) is missing in \(text)")
        }
    }

    @Test func aKeyVariableMustHoldKeys() async throws {
        var configuration = ServingConfiguration()
        configuration.keyVariables = ["SHOP_KEYS"]
        for environment in [[:], ["SHOP_KEYS": " , "], ["SHOP_KEYS": "short"]] {
            let error = #expect(throws: MartletError.self) {
                _ = try RecommendationService(
                    configuration: configuration, reader: Lists.reader(Lists.store()), environment: environment)
            }
            #expect(error?.description.contains("SHOP_KEYS") == true)
            #expect(error?.description.contains("short") == false, "a key must not be shown")
        }
    }
}
