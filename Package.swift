// swift-tools-version: 6.2
import PackageDescription

var dependencies: [Package.Dependency] = [
  .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
]

// What renders the reference is resolved where launch/documentation asks for it, and nowhere else.
if Context.environment["TESSERA_DOCUMENTATION"] ?? "" != "" {
  dependencies.append(
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

// The layers of docs/architecture.md, lowest first; arrows only point down.
let package = Package(
  name: "Tessera",
  products: [
    .library(name: "Tessera", targets: ["Tessera"]),
    .library(name: "TesseraTraining", targets: ["TesseraTraining"]),
    .library(name: "TesseraIO", targets: ["TesseraIO"]),
    // What a program needs whose every rank reads the same command line.
    .library(name: "CommandSupport", targets: ["CommandSupport"]),
    .executable(name: "tessera", targets: ["TesseraCommand"]),
    .executable(name: "digits", targets: ["Digits"]),
    .executable(name: "tour", targets: ["Tour"]),
  ],
  dependencies: dependencies,
  targets: [
    // C
    .systemLibrary(
      name: "CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev", "openmpi-bin"])]),
    .systemLibrary(name: "CNUMA", pkgConfig: "numa", providers: [.apt(["libnuma-dev"])]),
    .systemLibrary(name: "CHighway", pkgConfig: "libhwy", providers: [.apt(["libhwy-dev"])]),
    .target(
      name: "CKernels", dependencies: ["CHighway"],
      cxxSettings: [
        .headerSearchPath("."), .define("HWY_SHARED_DEFINE"),
      ]),

    // 1: pure values
    .target(name: "Shapes"),
    .target(name: "Distribution", dependencies: ["Shapes"]),

    // 2: the machine and its messages
    .target(name: "Machine", dependencies: ["CNUMA", "Shapes"]),
    .target(
      name: "MessagePassing", dependencies: ["CKernels", "CMPI", "Machine", "Shapes", logging]),

    // 3
    .target(
      name: "Execution",
      dependencies: ["CKernels", "Shapes", "Distribution", "Machine", "MessagePassing", logging]),

    // 4
    .target(
      name: "Tessera",
      dependencies: ["Shapes", "Distribution", "Machine", "MessagePassing", "Execution"]),

    // 5
    .target(name: "TesseraTraining", dependencies: ["Tessera"]),
    .target(name: "TesseraIO", dependencies: ["Tessera"]),

    // 6
    .target(
      name: "CommandSupport", dependencies: ["MessagePassing", "Tessera", argumentParser]),
    .executableTarget(
      name: "TesseraCommand", dependencies: ["CommandSupport", "Tessera", argumentParser]),
    .executableTarget(
      name: "Digits",
      dependencies: [
        "CommandSupport", "Tessera", "TesseraTraining", "TesseraIO", argumentParser,
      ],
      path: "Sources/Examples/Digits", exclude: ["Data"]),
    .executableTarget(
      name: "Tour", dependencies: ["CommandSupport", "Tessera", argumentParser],
      path: "Sources/Examples/Tour"),

    // Tests: one target a module, and what they share.
    .target(
      name: "TestSupport", dependencies: ["Tessera"], path: "Tests/TestSupport"),
    .testTarget(name: "StructureTests"),
    .testTarget(name: "CKernelsTests", dependencies: ["CKernels"]),
    .testTarget(name: "ShapesTests", dependencies: ["Shapes"]),
    .testTarget(name: "DistributionTests", dependencies: ["Distribution"]),
    .target(name: "SystemCallFilter", path: "Tests/SystemCallFilter"),
    .target(name: "ForkedProcess", path: "Tests/ForkedProcess"),
    .testTarget(name: "MachineTests", dependencies: ["Machine", "Shapes", "SystemCallFilter"]),
    .testTarget(
      name: "ExecutionTests",
      dependencies: ["Execution", "Machine", "MessagePassing", "Shapes", "Distribution"]),
    .testTarget(
      name: "MessagePassingTests",
      dependencies: [
        "MessagePassing", "Machine", "Shapes", logging,
        .product(name: "InMemoryLogging", package: "swift-log"),
      ]),
    .testTarget(name: "TesseraTests", dependencies: ["Tessera", "TestSupport"]),
    .testTarget(
      name: "TesseraTrainingTests", dependencies: ["TesseraTraining", "TesseraIO", "TestSupport"]),
    .testTarget(
      name: "TesseraIOTests", dependencies: ["TesseraIO", "TestSupport", "SystemCallFilter"],
      exclude: ["Data"]),
    .executableTarget(
      name: "Scenarios",
      dependencies: [
        "Tessera", "TesseraTraining", "TesseraIO", "MessagePassing", "Machine", "CMPI",
        "ForkedProcess", "SystemCallFilter",
      ],
      path: "Tests/Scenarios"),
    .executableTarget(
      name: "Extremes", dependencies: ["Tessera", "TesseraTraining", "TesseraIO"],
      path: "Tests/Extremes"),
    .executableTarget(
      name: "Trials",
      dependencies: ["Execution", "MessagePassing", "Tessera", "TesseraIO", "TestSupport"],
      path: "Tests/Trials"),
    .executableTarget(
      name: "Inspection", dependencies: ["Tessera", "TesseraIO"], path: "Tests/Inspection"),
    .executableTarget(
      name: "PlacementProbe",
      dependencies: ["Tessera", "Execution", "Machine", "MessagePassing", "SystemCallFilter"],
      path: "Tests/NUMATests/PlacementProbe"),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
