// swift-tools-version: 6.2
// What `run` starts: one model on one public table, without the rest of the program, so that a change to a model is
// tried after a short build.

import PackageDescription

let package = Package(
    name: "quality-benchmark",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "martlet", path: "../..")],
    targets: [
        .executableTarget(
            name: "quality", dependencies: [.product(name: "PublicTables", package: "martlet")])
    ],
    swiftLanguageModes: [.v6]
)
