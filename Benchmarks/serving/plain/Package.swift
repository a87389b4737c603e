// swift-tools-version: 6.2
// What the server is measured against: Hummingbird alone, answering a fixed body. The same versions as the package above.

import PackageDescription

let package = Package(
    name: "plain",
    platforms: [.macOS(.v15)],
    dependencies: [.package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1")],
    targets: [
        .executableTarget(name: "plain", dependencies: [.product(name: "Hummingbird", package: "hummingbird")])
    ],
    swiftLanguageModes: [.v6]
)
