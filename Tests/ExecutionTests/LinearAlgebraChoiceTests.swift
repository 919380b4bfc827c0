import Execution
import Foundation
import Shapes
import Testing

@Suite struct LinearAlgebraChoiceTests {
  private func error(_ choice: LinearAlgebraChoice) -> TensorError? {
    do throws(TensorError) {
      _ = try LinearAlgebraLibrary.open(choice)
      return nil
    } catch {
      return error
    }
  }

  @Test func namesAndPathsAreTold() throws {
    #expect(LinearAlgebraChoice("openblas") == .maker(.openBLAS))
    #expect(LinearAlgebraChoice("OpenBLAS") == .maker(.openBLAS))
    #expect(LinearAlgebraChoice("mkl") == .maker(.mkl))
    #expect(LinearAlgebraChoice("BLIS") == .maker(.blis))
    #expect(LinearAlgebraChoice("./blis") == .path("./blis"))
    #expect(LinearAlgebraChoice("/opt/libmkl_rt.so") == .path("/opt/libmkl_rt.so"))
    for other in ["", "atlas", "libopenblas.so", "mkl "] {
      #expect(LinearAlgebraChoice(other) == nil)
    }
    for text in ["openblas", "mkl", "blis", "/opt/libmkl_rt.so"] {
      #expect(LinearAlgebraChoice(text)?.text == text)
    }
  }

  /// The one that is always there.
  @Test func openBLASIsOpened() throws {
    let library = try LinearAlgebraLibrary.open(.maker(.openBLAS))
    #expect(library.configuration.hasPrefix("OpenBLAS "))
    #expect(library.configuration.contains(", kernels for "))
  }

  @Test func withoutAChoiceTheFirstIsOpened() throws {
    let named = try LinearAlgebraLibrary.open(.maker(.openBLAS))
    #expect(try LinearAlgebraLibrary.open(nil).configuration == named.configuration)
  }

  @Test func aMissingFileIsAnError() {
    let error = error(.path("/nowhere/libblas.so"))
    #expect(error?.operation == "start")
    #expect(error?.given.hasPrefix("TESSERA_BLAS=/nowhere/libblas.so (") == true)
    #expect(error?.given.contains("No such file") == true)
    #expect(error?.expected.contains("OpenBLAS, MKL or BLIS") == true)
  }

  @Test func whatIsNoLibraryIsAnError() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).so")
    try Data("no library, though long enough for the head of one.".utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let error = error(.path(file.path))
    #expect(error?.given.hasPrefix("TESSERA_BLAS=\(file.path) (") == true)
  }

  @Test func aLibraryOfSomethingElseIsAnError() throws {
    // A file that has no size until it is read.
    let read = try #require(FileHandle(forReadingAtPath: "/proc/self/maps")).readToEnd()
    let maps = String(decoding: try #require(read), as: UTF8.self)
    let path = maps.split(whereSeparator: { $0 == "\n" || $0 == " " }).map(String.init)
      .first { $0.hasPrefix("/") && $0.contains("/libc.so") }
    let library = try #require(path)
    #expect(
      error(.path(library))?.given == "TESSERA_BLAS=\(library) (\(library) is of none of them)")
  }

  @Test func ranksMultiplyWithTheSame() {
    #expect(Runtime.difference(among: ["A", "A", "A"]) == nil)
    // Whoever has none tells at its first product.
    #expect(Runtime.difference(among: ["", "A", "", "A"]) == nil)
    #expect(Runtime.difference(among: ["", ""]) == nil)
    let error = Runtime.difference(among: ["", "A", "A", "B", "C"])
    #expect(error?.operation == "start")
    #expect(error?.given == "matrix products by A on rank 1, by B on rank 3")
    #expect(error?.expected.contains("TESSERA_BLAS names a library") == true)
  }
}
