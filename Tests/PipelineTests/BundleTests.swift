import Core
import Foundation
import Pipeline
import Testing

@Suite struct BundleTests {
    @Test func aBundleThatIsNotWholeIsRefused() throws {
        let shop = try SmallShop.shared.get()
        let configuration = try SmallShop.configuration("{}")
        #expect {
            try ServedBundle(folder: shop.bundles.path(version: 99), configuration: configuration)
        } throws: { ($0 as? MartletError)?.code == .notFound }
        for piece in ["parts/neighbors/items.npy", "ranking/weights.safetensors", "bundle.json", "lists"] {
            let broken = shop.folder + "/broken-\(UInt64.random(in: 0 ... .max))"
            try FileManager.default.copyItem(atPath: shop.bundles.path(version: 1), toPath: broken)
            try FileManager.default.removeItem(atPath: "\(broken)/\(piece)")
            #expect(throws: MartletError.self) { try ServedBundle(folder: broken, configuration: configuration) }
        }
    }

    @Test func aModelThatTheBundleLacksIsNamed() throws {
        let shop = try SmallShop.shared.get()
        var configuration = try SmallShop.configuration("{}")
        configuration.ranker = "deepfm"
        #expect {
            try ServedBundle(folder: shop.bundles.path(version: 1), configuration: configuration)
        } throws: { error in
            "\(error)".contains("names the model 'deepfm', the published bundle holds 'dlrm'")
        }
    }

    @Test func onlyTheVersionsThatAreKeptStay() throws {
        let store = BundleStore(folder: NSTemporaryDirectory() + "martlet-bundles-\(UInt64.random(in: 0 ... .max))")
        #expect(store.versions.isEmpty)
        for version in [1, 2, 10] {
            try store.publish(BundleManifest(version: version, run: "r", created: 0, dataEnd: 0), pieces: [])
        }
        #expect(store.versions == [1, 2, 10])
        store.prune(keeping: [2, 10, 11])
        #expect(store.versions == [2, 10])
        #expect(throws: MartletError.self) {
            try store.publish(
                BundleManifest(version: 3, run: "r", created: 0, dataEnd: 0), pieces: [("a", "/nonexistent")])
        }
        #expect(store.versions == [2, 10])
    }

    /// A data set of long ago is answered as if it had ended when it was published.
    @Test func theClockOfOldDataIsSetBack() {
        let fresh = BundleManifest(version: 1, run: "r", created: 1_000_000, dataEnd: 950_000)
        let old = BundleManifest(version: 1, run: "r", created: 1_000_000_000, dataEnd: 1_000)
        #expect(fresh.clockOffset == 0 && old.clockOffset == 999_999_000)
    }
}
