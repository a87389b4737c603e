// swift-tools-version: 6.2
// What `run` starts: one closed-form or alternating model on a file of interactions, without the rest of the program.

import PackageDescription

let package = Package(
    name: "linear-benchmark",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "martlet", path: "../..")],
    targets: [
        .executableTarget(
            name: "linear",
            dependencies: [
                .product(name: "Models", package: "martlet"), .product(name: "Features", package: "martlet"),
                .product(name: "Core", package: "martlet"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
