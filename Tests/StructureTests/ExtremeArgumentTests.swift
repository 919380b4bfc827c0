import Foundation
import Testing

/// Every public function that takes arguments is called with extreme ones by Tests/Extremes.
@Suite struct ExtremeArgumentTests {
  /// What only the runtime and its tests call, with arguments that have been checked before: plans
  /// and their parts. And errors themselves.
  private static let internals = [
    "Ownership.", "Piece.", "Part.", "Assembly.", "CostModel.", "Plan.", "Planner.",
    "ContractionLabels.", "Redistribution.", "RowRoutes.", "RowMove.",
    "RowRequests.",
    "Misuse.", "TensorError.==", "TensorError.hash",
    "TensorDescription.==", "TensorDescription.hash",
  ]

  private static func declarations() throws -> Set<String> {
    var names: Set<String> = []
    for module in ["Shapes", "Distribution", "Tessera", "TesseraTraining", "TesseraIO"] {
      // The compiler refuses other names, or their methods hand on what they get.
      for file in Repository.files(in: "Sources/\(module)", ".swift")
      where !file.path.contains("/OtherNames/") {
        names.formUnion(PublicCalls.found(in: try String(contentsOf: file, encoding: .utf8)))
      }
    }
    return names.filter { name in
      !internals.contains { name.hasPrefix($0) }
        // The methods of unary functions have no arguments; their free functions are called.
        && !name.hasSuffix("()")
    }
  }

  private static func rows() throws -> Set<String> {
    var names: Set<String> = []
    for file in Repository.files(in: "Tests/Extremes", ".swift") {
      let source = try String(contentsOf: file, encoding: .utf8)
      for match in source.matches(of: /"((?:\w+\.)?[^"\s(]+\([^")\s]*:\))"/) {
        names.insert(String(match.1))
      }
    }
    return names
  }

  @Test func everyDeclarationHasARow() throws {
    let (declarations, rows) = (try Self.declarations(), try Self.rows())
    #expect(declarations.count > 200)
    let missing = declarations.subtracting(rows).sorted()
    #expect(missing.isEmpty, "without a row in Tests/Extremes: \(missing)")
  }

  @Test func everyRowHasItsDeclaration() throws {
    let gone = try Self.rows().subtracting(Self.declarations()).sorted()
    #expect(gone.isEmpty, "rows of Tests/Extremes for what is not declared: \(gone)")
  }

  /// The reader must find all forms of a declaration, and nothing else.
  @Test func declarationsAreRead() {
    for (source, name) in [
      (
        "extension A {\n  public func f(_ x: Int, by y: [Int] = [1, 2]) -> Int { 1 }\n}",
        "A.f(_:by:)"
      ),
      ("public func f<S: P, T>(\n  _ a: Tensor<S>,\n  at b: (Int, Int)\n) -> S {", "f(_:at:)"),
      (
        "struct A {\n  struct B {\n    public subscript(i: Int) -> Int { i }\n  }\n}",
        "B.subscript(i:)"
      ),
      ("struct A {\n  struct B {\n  }\n  public init?(_ x: A<B, C>) {}\n}", "A.init(_:)"),
      ("extension A {\n  public static func ** (a: A, b: Int) -> A { a }", "A.**(a:b:)"),
      ("extension A {\n  public static func .< (a: A, b: Int) -> A { a }", "A..<(a:b:)"),
      ("@inlinable public mutating func g(x: @escaping () -> Void) {}", "g(x:)"),
    ] {
      #expect(PublicCalls.found(in: source) == [name], "\(source)")
    }
    for source in [
      "public func f() {}", "func f(_ x: Int) {}", "public var f: (Int) -> Int { { $0 } }",
      "@available(*, unavailable)\npublic func f(_ x: Int) {}", "// public func f(_ x: Int)",
      "package func f(_ x: Int) {}", "public let f = g(x: 1)",
    ] {
      #expect(PublicCalls.found(in: source).isEmpty, "\(source)")
    }
  }
}
