// swift-tools-version: 6.2
import PackageDescription

let tessera = "Tessera"

let package = Package(
  name: "Consumer",
  dependencies: [
    .package(name: tessera, path: "../..")
  ],
  targets: [
    .executableTarget(
      name: "Hello",
      dependencies: [.product(name: "Tessera", package: tessera)]),
    .executableTarget(
      name: "Line",
      dependencies: [
        .product(name: "Tessera", package: tessera),
        .product(name: "TesseraTraining", package: tessera),
        .product(name: "TesseraIO", package: tessera),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
