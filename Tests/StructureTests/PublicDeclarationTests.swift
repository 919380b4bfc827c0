import Foundation
import Testing

/// What users call has a documentation comment: the libraries, and what they hand on.
@Suite struct PublicDeclarationTests {
  @Test(arguments: ["Shapes", "Distribution", "Tessera", "TesseraTraining", "TesseraIO"])
  func everyOneIsDocumented(module: String) throws {
    var count = 0
    for file in Repository.files(in: "Sources/\(module)", ".swift") {
      let source = try String(contentsOf: file, encoding: .utf8)
      for declaration in PublicDeclarations.found(in: source) {
        count += 1
        #expect(
          declaration.isDocumented,
          "\(file.lastPathComponent):\(declaration.line): \(declaration.text)")
      }
    }
    #expect(count > 10)
  }

  /// The check must find all forms of a declaration, and miss comments that are none.
  @Test func oneWithoutACommentIsFound() {
    for line in [
      "public func f() {}", "public static func + (a: Int, b: Int) -> Int { a }",
      "public var x: Int { 1 }", "public private(set) var y = 0", "public let z = 0",
      "public init(_ x: Int) {}", "public convenience init() {}",
      "public subscript(i: Int) -> Int { i }", "@inlinable public func g() {}",
      "public final class C {}", "public indirect enum E {}", "public struct S<T> {}",
      "public protocol P {}", "public typealias T = Int", "public static prefix func - (a: S) {}",
    ] {
      for (above, isDocumented) in [
        ("", false), ("// why\n", false), ("/// what\n", true), ("/// what\n@available(*)\n", true),
        ("/// what\n\n", false), ("}\n@available(*)\n", false),
        ("/// what\n// why\n", false),
      ] {
        let found = PublicDeclarations.found(in: "\(above)  \(line)\n")
        #expect(found.map(\.isDocumented) == [isDocumented], "\(above)\(line)")
      }
    }
    let neighbours = "/// what\n@inlinable public var x = 1\n@inlinable public var y = 2"
    #expect(PublicDeclarations.found(in: neighbours).map(\.isDocumented) == [true, false])
    for line in [
      "func f() {}", "package func f() {}", "let public = 1", "// public func f()",
      "return public", "private public(set) x",
    ] {
      #expect(PublicDeclarations.found(in: line).isEmpty, "\(line)")
    }
  }
}
