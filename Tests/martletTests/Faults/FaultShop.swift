import Foundation
import Stores
import TestSupport

/// A trained shop with two published versions, of which every fault gets a copy to break.
final class FaultShop: Sendable {
    /// Made once for all faults.
    static let shared = Task { try await FaultShop() }

    /// Some users with lists of their own, and some items.
    let users: [String]
    let items: [String]
    private let shop: ShopProject

    private init() async throws {
        shop = try await ShopProject(
            models: "{popularity: {}, item-cosine: {}, two-tower: {epochs: 1}, "
                + "dlrm: {epochs: 1, dimension: 8, layers: [16], bottom-layers: [8]}}")
        RunningServers.addFolder(shop.folder)
        try shop.replace(
            "\nserve:.*", with: "\npipeline: {category: product_type_name, deadline-ms: 250}\n\nserve: {port: 0}")
        for seed in [43, 44] {
            try shop.replace("\nseed: .*", with: "\nseed: \(seed)")
            let ended = try await shop.run(["run", "--quiet"])
            guard ended.status == 0 else { throw TestFault(ended.error) }
        }
        let path = "\(shop.folder)/data/transactions_train.csv"
        let rows = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst().prefix(300)
            .map { line in line.split(separator: ",").map { $0.filter { $0 != "\"" } } }
        // Who bought too little to be learned from has no list.
        let buyers = Array(Set(rows.map { $0[1] })).sorted()
        let store = try await StoreConfiguration(.rocksdb(path: "\(shop.project)/published", options: RocksDBOptions()))
            .open(readOnly: true)
        let reader = ListReader(store: store, shop: "shop")
        try await reader.refresh()
        let lists = try await reader.snapshot?.lists(users: buyers) ?? []
        await store.close()
        users = zip(buyers, lists).filter { $1 != nil }.map(\.0)
        items = Array(Set(rows.map { $0[2] })).sorted()
    }

    /// A server of a copy of the shop, not started.
    ///
    /// - Parameters:
    ///   - serve: what stands under `serve:`.
    ///   - features: where the newest features of users are kept, as YAML; nil: there is no feature store.
    ///   - lists: where the lists are published, if not beside the project; they are published anew.
    func server(
        serve: String = "{events: {folder: events}}", features: String? = nil, lists: String? = nil
    ) async throws -> FaultServer {
        let project = "\(shop.folder)/\(UUID().uuidString.prefix(8))"
        let (status, output) = try await runProgram("cp", ["-a", shop.project, project])
        guard status == 0 else { throw TestFault(output) }
        let file = "\(project)/martlet.yml"
        var text = try String(contentsOfFile: file, encoding: .utf8)
        text = text.replacingOccurrences(of: "\nserve: {port: 0}", with: "\nserve: \(serve)")
        if let features {
            text += """

                feature-store:
                  project: faults
                  online: \(features)
                  entities: {user: {join-key: customer_id, type: string}}
                  views:
                    stats:
                      entities: [user]
                      push: stats
                      ttl: 1h
                      fields: {age: double, fn: double, club_member_status: string}
                  services: {request: [stats]}
                  request: request

                """
        }
        if let lists { text = text.replacingOccurrences(of: "{kind: rocksdb, path: published}", with: lists) }
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        if lists != nil {
            let ended = try await Program.run(["publish", "--project", project, "--quiet"])
            guard ended.status == 0 else { throw TestFault(ended.error) }
        }
        return FaultServer(project: project)
    }

    /// Tells the server's feature store something of every user.
    ///
    /// - Parameter moment: since when it is true.
    func push(to server: FaultServer, moment: Date = .now) throws {
        func column(_ value: (Int) -> String) -> String { "[" + users.indices.map(value).joined(separator: ",") + "]" }
        let text = ISO8601DateFormatter().string(from: moment)
        let body = """
            {"push_source_name": "stats", "to": "online", "df": {"customer_id": \(column { "\"\(users[$0])\"" }),
            "event_timestamp": \(column { _ in "\"\(text)\"" }), "age": \(column { "\(20 + $0 % 50)" }),
            "fn": \(column { "\($0 % 2)" }), "club_member_status": \(column { _ in "\"ACTIVE\"" })}}
            """
        let answer = try LoopbackConnection(port: server.port).ask("POST", "/push", body: body)
        guard answer.status == 200 else { throw TestFault(String(decoding: answer.body, as: UTF8.self)) }
    }
}
