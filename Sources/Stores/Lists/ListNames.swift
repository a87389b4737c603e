import Core

/// What one shop's namespaces, pointers and lock are called in a store.
struct ListNames: Sendable {
    let shop: String

    /// - Throws: `invalidConfiguration` if the shop's name cannot be part of a key.
    func check() throws { try StoreName.check(shop, kind: "shop") }

    var live: String { "\(shop).live" }
    var lock: String { "\(shop).publish" }
    var manifestPrefix: String { "\(shop).manifest.v" }
    func manifest(_ version: Int) -> String { "\(manifestPrefix)\(version)" }
    func namespace(_ version: Int) -> String { "\(shop).v\(version)" }

    /// The version of a namespace of this shop, or nil if the name is another's.
    func version(namespace: String) -> Int? { number(namespace, after: "\(shop).v") }

    /// The version of a manifest of this shop, or nil if the name is another's.
    func version(manifest: String) -> Int? { number(manifest, after: manifestPrefix) }

    private func number(_ name: String, after prefix: String) -> Int? {
        name.hasPrefix(prefix) ? Int(name.dropFirst(prefix.count)) : nil
    }
}
