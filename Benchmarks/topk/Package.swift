// swift-tools-version: 6.2
// Martlet's side of the race for single queries. The lists of all users are made by `martlet bench topk`.

import PackageDescription

let package = Package(
    name: "topk-benchmark",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "martlet", path: "../..")],
    targets: [
        .executableTarget(
            name: "single",
            dependencies: [.product(name: "Index", package: "martlet"), .product(name: "Tensor", package: "martlet")])
    ],
    swiftLanguageModes: [.v6]
)
