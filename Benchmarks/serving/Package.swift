// swift-tools-version: 6.2
// What `run` measures: Martlet's server over a store of made-up lists, and beside it Hummingbird alone, answering a
// fixed body. One package, so that both are built from the same versions with the same settings.

import PackageDescription

let package = Package(
    name: "serving-benchmark",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "martlet", path: "../.."),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    ],
    targets: [
        .executableTarget(
            name: "lists",
            dependencies: [
                .product(name: "Serving", package: "martlet"), .product(name: "Stores", package: "martlet"),
            ]),
        .executableTarget(name: "plain", dependencies: [.product(name: "Hummingbird", package: "hummingbird")]),
    ],
    swiftLanguageModes: [.v6]
)
