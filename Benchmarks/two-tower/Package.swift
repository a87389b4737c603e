// swift-tools-version: 6.2
// Martlet's side of the two-tower race: makes a shop of the size that the race asks for, and trains on it.

import PackageDescription

let package = Package(
    name: "two-tower-benchmark",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "martlet", path: "../..")],
    targets: [
        .executableTarget(name: "two-tower", dependencies: [.product(name: "Models", package: "martlet")])
    ],
    swiftLanguageModes: [.v6]
)
