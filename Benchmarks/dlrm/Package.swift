// swift-tools-version: 6.2
// What `run` starts: Martlet's side of the DLRM race, without the rest of the program.

import PackageDescription

let package = Package(
    name: "dlrm-benchmark",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "martlet", path: "../..")],
    targets: [
        .executableTarget(
            name: "dlrm",
            dependencies: [
                .product(name: "Models", package: "martlet"), .product(name: "Tensor", package: "martlet"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
