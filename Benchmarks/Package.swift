// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that a user of the library never resolves what only measuring needs.
let package = Package(
  name: "Benchmarks",
  products: [
    .executable(name: "benchmarks", targets: ["Benchmarks"]),
    .executable(name: "benchmarks-summary", targets: ["BenchmarksSummary"]),
    .executable(name: "benchmarks-report", targets: ["BenchmarksReport"]),
  ],
  dependencies: [
    // Named, because the folder of a clone may have any name.
    .package(name: "Tessera", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    .systemLibrary(
      name: "CBenchmarksHighway", pkgConfig: "libhwy", providers: [.apt(["libhwy-dev"])]),
    .systemLibrary(
      name: "CBenchmarksMPI", pkgConfig: "ompi-c",
      providers: [.apt(["libopenmpi-dev", "openmpi-bin"])]),

    // What the machine can do, and what others do with it.
    .target(
      name: "CLimits", dependencies: ["CBenchmarksHighway"],
      cxxSettings: [.headerSearchPath("."), .define("HWY_SHARED_DEFINE")]),
    .target(name: "CPeers", dependencies: ["CBenchmarksMPI"]),

    // What is told of a case, and what several starts say together.
    .target(name: "Records"),
    .target(name: "Scaling", dependencies: ["Records"]),

    .executableTarget(
      name: "Benchmarks",
      dependencies: [
        "CLimits", "CPeers", "Records",
        .product(name: "Tessera", package: "Tessera"),
        .product(name: "TesseraTraining", package: "Tessera"),
        .product(name: "CommandSupport", package: "Tessera"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(
      name: "BenchmarksSummary",
      dependencies: [
        "Records", "Scaling",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(
      name: "BenchmarksReport",
      dependencies: [
        "Records", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
