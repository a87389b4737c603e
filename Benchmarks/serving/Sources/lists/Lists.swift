import Serving
import Stores

/// Martlet's server over a RocksDB store of made-up lists: `lists fill FOLDER USERS`, then `lists serve FOLDER PORT`.
@main
struct Lists {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let number = Int(arguments[3]), ["fill", "serve"].contains(arguments[1]) else {
            print("usage: lists fill FOLDER USERS | lists serve FOLDER PORT")
            return
        }
        let isServing = arguments[1] == "serve"
        let store = try RocksDBStore(path: arguments[2], readOnly: isServing)
        guard isServing else { return try await ServingBenchmark.fill(store, users: number) }
        var configuration = ServingConfiguration()
        configuration.port = number
        configuration.log.level = "warning"
        let reader = ListReader(store: store, shop: ServingBenchmark.shop)
        let service = try RecommendationService(configuration: configuration, reader: reader) { address in
            print(address.readyLine)
        }
        try await service.run()
    }
}
