// swift-tools-version: 6.2
// The house: one package, targets that import downwards only (docs/architecture.md, Tests/HouseTests).

import PackageDescription

// MARK: - Outside packages

let outside: [String: (url: String, version: Version)] = [
    "grpc-swift-2": ("https://github.com/grpc/grpc-swift-2", "2.4.3"),
    "grpc-swift-nio-transport": ("https://github.com/grpc/grpc-swift-nio-transport", "2.9.2"),
    "swift-argument-parser": ("https://github.com/apple/swift-argument-parser", "1.8.2"),
    "swift-crypto": ("https://github.com/apple/swift-crypto", "4.5.2"),
    "swift-http-types": ("https://github.com/apple/swift-http-types", "1.8.0"),
    "swift-log": ("https://github.com/apple/swift-log", "1.16.2"),
    "swift-metrics": ("https://github.com/apple/swift-metrics", "2.13.0"),
    "swift-nio": ("https://github.com/apple/swift-nio", "2.101.2"),
    "swift-nio-ssl": ("https://github.com/apple/swift-nio-ssl", "2.37.6"),
    "swift-service-lifecycle": ("https://github.com/swift-server/swift-service-lifecycle", "2.13.0"),
    "GRDB.swift": ("https://github.com/groue/GRDB.swift", "7.10.0"),
    "hummingbird": ("https://github.com/hummingbird-project/hummingbird", "2.28.1"),
    "Yams": ("https://github.com/jpsim/Yams", "6.2.2"),
]

// MARK: - Our targets

/// One target of ours: what it imports of the house, and what from outside.
struct Part {
    enum Kind { case swift, c, system(pkgConfig: String?, apt: String), executable }
    var name: String
    var kind: Kind = .swift
    var imports: [String] = []
    /// `package/Product` pairs.
    var products: [String] = []
    var resources: [String] = []
    var linked: [String] = []
    var tested = true
    /// What its tests import besides.
    var testImports: [String] = []
    /// Where its sources are, if not in `Sources/NAME`.
    var path: String?
}

let parts: [Part] = [
    Part(name: "CKernels", kind: .c, tested: false),
    Part(name: "CADBC", kind: .c, tested: false),
    Part(name: "COpenBLAS", kind: .system(pkgConfig: "openblas", apt: "libopenblas-dev"), tested: false),
    Part(name: "CZlib", kind: .system(pkgConfig: "zlib", apt: "zlib1g-dev"), tested: false),
    Part(name: "CRocksDB", kind: .system(pkgConfig: nil, apt: "librocksdb-dev"), tested: false),
    Part(name: "Core", products: ["Yams/Yams"]),
    Part(name: "Generator", imports: ["Core"]),
    Part(name: "Tensor", imports: ["CKernels", "COpenBLAS", "Core"]),
    Part(
        name: "Warehouse", imports: ["CADBC", "Core"], products: ["swift-crypto/Crypto"], testImports: ["TestSupport"]),
    Part(name: "Features", imports: ["Core", "Tensor"], testImports: ["TestSupport"]),
    Part(name: "Models", imports: ["CKernels", "Core", "Tensor", "Features"]),
    Part(name: "Evaluation", imports: ["Core", "Tensor"]),
    Part(name: "PublicTables", imports: ["CZlib", "Core", "Tensor", "Features", "Models", "Evaluation"]),
    Part(name: "Index", imports: ["CKernels", "Core", "Tensor"]),
    Part(
        name: "Stores", imports: ["CRocksDB", "Core"],
        products: ["swift-nio/NIOCore", "swift-nio/NIOPosix", "swift-nio-ssl/NIOSSL"], testImports: ["TestSupport"]),
    Part(
        name: "VectorStores", imports: ["Core", "Tensor", "Index", "Stores"], testImports: ["TestSupport"]),
    Part(
        name: "Pipeline", imports: ["Core", "Tensor", "Features", "Models", "Index", "Stores", "VectorStores"],
        testImports: ["TestSupport"]),
    Part(
        name: "Flow", imports: ["Core"], products: ["GRDB.swift/GRDB", "swift-crypto/Crypto"],
        testImports: ["TestSupport"]),
    Part(
        name: "Serving", imports: ["Core", "Features", "Models", "Index", "Stores", "Pipeline"],
        products: [
            "hummingbird/Hummingbird", "hummingbird/HummingbirdCore", "hummingbird/HummingbirdTLS",
            "hummingbird/HummingbirdTesting@tests", "swift-http-types/HTTPTypes", "swift-log/Logging",
            "swift-nio/NIOCore", "swift-nio/NIOPosix", "swift-nio-ssl/NIOSSL",
            "swift-service-lifecycle/ServiceLifecycle", "swift-service-lifecycle/UnixSignals",
        ]),
    Part(
        name: "InferenceGRPC", imports: ["Core", "Serving"],
        products: [
            "grpc-swift-2/GRPCCore", "grpc-swift-nio-transport/GRPCNIOTransportHTTP2Posix", "swift-log/Logging",
            "swift-nio/NIOCore", "swift-nio/NIOPosix", "swift-service-lifecycle/ServiceLifecycle",
            "hummingbird/Hummingbird@tests", "hummingbird/HummingbirdTesting@tests",
            "swift-http-types/HTTPTypes@tests", "swift-nio-ssl/NIOSSL@tests",
        ]),
    Part(
        name: "Dashboard", imports: ["Core", "Evaluation", "Stores", "Flow"],
        products: [
            "hummingbird/Hummingbird", "hummingbird/HummingbirdCore", "swift-crypto/Crypto",
            "swift-http-types/HTTPTypes", "swift-log/Logging", "swift-nio/NIOCore", "swift-nio/NIOPosix",
            "swift-service-lifecycle/ServiceLifecycle", "swift-service-lifecycle/UnixSignals",
        ]),
    Part(
        name: "Project",
        imports: [
            "Core", "Tensor", "Warehouse", "Features", "Models", "Evaluation", "Stores", "Pipeline", "Flow",
            "Generator",
        ],
        products: ["swift-crypto/Crypto"], resources: ["Templates"], testImports: ["TestSupport"]),
    Part(
        name: "martlet", kind: .executable,
        imports: [
            "Core", "Tensor", "Warehouse", "Features", "Models", "Evaluation", "Index", "Stores", "Pipeline", "Flow",
            "Generator", "Serving", "InferenceGRPC", "Dashboard", "Project", "PublicTables",
        ],
        products: ["swift-argument-parser/ArgumentParser"], testImports: ["TestSupport"]),
]

/// A program that a race runs.
func race(_ name: String, _ folder: String, imports: [String], products: [String] = []) -> Part {
    Part(
        name: name, kind: .executable, imports: imports, products: products, tested: false,
        path: "Benchmarks/\(folder)/Sources/\(name)")
}

/// With `MARTLET_BENCHMARKS` set, what `Benchmarks` builds, in the same `.build` as the rest.
let races: [Part] =
    (Context.environment["MARTLET_BENCHMARKS"] ?? "").isEmpty
    ? []
    : [
        race("two-tower", "two-tower", imports: ["Core", "Features", "Models"]),
        race("dlrm", "dlrm", imports: ["Tensor", "Models"]),
        race("linear", "linear", imports: ["Core", "Features", "Models"]),
        race("single", "topk", imports: ["Tensor", "Index"]),
        race("ann", "ann", imports: ["Tensor", "Index"]),
        race("flow-race", "flow", imports: ["Core", "Stores", "Flow", "Dashboard"]),
        race("quality", "quality", imports: ["Core", "PublicTables"]),
        race("lists", "serving", imports: ["Stores", "Serving"]),
        race("plain", "serving", imports: [], products: ["hummingbird/Hummingbird", "swift-log/Logging"]),
    ]

/// With `MARTLET_EXAMPLES` set, the programs in `Examples`.
let examples: [Part] =
    (Context.environment["MARTLET_EXAMPLES"] ?? "").isEmpty
    ? []
    : [
        Part(
            name: "reference", kind: .executable,
            imports: [
                "Core", "Tensor", "Warehouse", "Features", "Models", "Evaluation", "Stores", "Flow", "Generator",
            ], tested: false, path: "Examples/reference")
    ]

/// What tests of several targets start and break: servers of other people, small disks.
let support = Part(name: "TestSupport", imports: [], tested: false, path: "Tests/Support")
let house = parts + races + examples + [support]

// MARK: - A part at a time

// `MARTLET_PARTS=Stores,Flow swift test` builds and tests those targets and what they import, and nothing else: a
// change to a kernel need not wait for the servers to be built.
let chosen: Set<String> = {
    guard let wish = Context.environment["MARTLET_PARTS"], !wish.isEmpty else { return Set(house.map(\.name)) }
    let byName = Dictionary(uniqueKeysWithValues: house.map { ($0.name, $0) })
    var found: Set<String> = []
    var pending = wish.split(separator: ",").map(String.init)
    while let name = pending.popLast() {
        guard found.insert(name).inserted else { continue }
        pending += (byName[name]?.imports ?? []) + (byName[name]?.testImports ?? [])
    }
    return found
}()
let wholeHouse = chosen.count == house.count
let kept = house.filter { chosen.contains($0.name) }
let tested = Context.environment["MARTLET_PARTS"].flatMap {
    $0.isEmpty ? nil : Set($0.split(separator: ",").map(String.init))
}

// MARK: - The manifest

func product(_ name: String) -> Target.Dependency {
    let parts = name.split(separator: "@")[0].split(separator: "/").map(String.init)
    return .product(name: parts[1], package: parts[0])
}

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let targets: [Target] = kept.flatMap { part -> [Target] in
    let imports = part.imports.map { Target.Dependency.target(name: $0) }
    let products = part.products.filter { !$0.hasSuffix("@tests") }.map(product)
    let target: Target
    switch part.kind {
    case .c:
        target = .target(
            name: part.name, dependencies: imports,
            cSettings: [.unsafeFlags(["-O3", "-ffp-contract=fast", "-fno-math-errno"])])
    case .system(let pkgConfig, let apt):
        target = .systemLibrary(name: part.name, pkgConfig: pkgConfig, providers: [.apt([apt])])
    case .swift:
        target = .target(
            name: part.name, dependencies: imports + products, path: part.path,
            resources: part.resources.map { .copy($0) }, swiftSettings: swiftSettings)
    case .executable:
        target = .executableTarget(
            name: part.name, dependencies: imports + products, path: part.path, swiftSettings: swiftSettings)
    }
    guard part.tested, tested?.contains(part.name) ?? true else { return [target] }
    let tests = Target.testTarget(
        name: part.name + "Tests",
        dependencies: imports + products + [.target(name: part.name)]
            + part.products.filter { $0.hasSuffix("@tests") }.map(product)
            + part.testImports.map { .target(name: $0) },
        swiftSettings: swiftSettings)
    return [target, tests]
}

let usedPackages = Set(kept.flatMap(\.products).map { String($0.split(separator: "/")[0]) })

let package = Package(
    name: "martlet",
    platforms: [.macOS(.v15)],
    products: kept.compactMap { part in
        switch part.kind {
        case .swift: part.path == nil ? .library(name: part.name, targets: [part.name]) : nil
        case .executable: .executable(name: part.name, targets: [part.name])
        case .c, .system: nil
        }
    },
    dependencies: usedPackages.sorted().map { .package(url: outside[$0]!.url, from: outside[$0]!.version) },
    targets: targets
        + (wholeHouse ? [.testTarget(name: "HouseTests", dependencies: [], swiftSettings: swiftSettings)] : []),
    swiftLanguageModes: [.v6]
)
