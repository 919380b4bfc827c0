import MessagePassing
import Shapes
import Synchronization

/// The matrix products of OpenBLAS, or of another library that `TESSERA_BLAS` names, opened at run
/// time.
///
/// OpenBLAS chooses its kernels when it is loaded and takes CPU families that it does not know for
/// old ones, at half the speed; so the CPU is looked at first and the kernels are named in the
/// environment, for the moment of loading only. The build with POSIX threads is opened by its path
/// and held to one thread: the worker pool makes the calls.
package struct LinearAlgebraLibrary: Sendable {
  /// `cblas_sgemm`: order, transpositions, m, n, k, α, a, lda, b, ldb, β, c, ldc.
  typealias SinglePrecisionProduct =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafeRawPointer, Int32, UnsafeRawPointer,
      Int32, Float, UnsafeMutableRawPointer, Int32
    ) -> Void
  /// `cblas_dgemm`.
  typealias DoublePrecisionProduct =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Double, UnsafeRawPointer, Int32, UnsafeRawPointer,
      Int32, Double, UnsafeMutableRawPointer, Int32
    ) -> Void

  /// `cblas_sgemv`: order, transposition, m, n, α, a, lda, x, incx, β, y, incy.
  typealias SinglePrecisionRow =
    @convention(c) (
      Int32, Int32, Int32, Int32, Float, UnsafeRawPointer, Int32, UnsafeRawPointer, Int32, Float,
      UnsafeMutableRawPointer, Int32
    ) -> Void
  /// `cblas_dgemv`.
  typealias DoublePrecisionRow =
    @convention(c) (
      Int32, Int32, Int32, Int32, Double, UnsafeRawPointer, Int32, UnsafeRawPointer, Int32, Double,
      UnsafeMutableRawPointer, Int32
    ) -> Void

  let single: SinglePrecisionProduct
  let double: DoublePrecisionProduct
  /// Of a matrix and a row or column.
  let singleRow: SinglePrecisionRow
  let doubleRow: DoublePrecisionRow
  /// What the library says of itself, such as its version and kernels.
  package let configuration: String

  /// Which one is asked for; nil for the first that is found. Until ranks have agreed, what this
  /// process's environment says.
  private static let choice = Mutex<LinearAlgebraChoice?>(
    Launcher.environment(LinearAlgebraChoice.variable).flatMap { LinearAlgebraChoice($0) })

  /// Takes effect before the first use of `shared`.
  static func choose(_ wanted: LinearAlgebraChoice?) {
    choice.withLock { $0 = wanted }
  }

  /// The library, opened on first use.
  static let shared: Result<LinearAlgebraLibrary, TensorError> = {
    let wanted = choice.withLock { $0 }
    return Result { () throws(TensorError) in try open(wanted) }
  }()

  /// Opens the library that is asked for, or the first one of any maker.
  package static func open(
    _ choice: LinearAlgebraChoice?
  ) throws(TensorError) -> LinearAlgebraLibrary {
    var failure = ""
    let files = choice?.files ?? LinearAlgebraMaker.allCases.flatMap(\.files)
    for file in files {
      let (opened, reason) = withEnvironment(LinearAlgebraMaker.variables) {
        SharedLibrary.open(file)
      }
      if let opened {
        do throws(Refusal) {
          return try LinearAlgebraLibrary(opened)
        } catch {
          // Tells more than that others are not there.
          failure = "\(file) \(error.reason)"
        }
      } else if failure.isEmpty || failure.isOfMissing(files) && !reason.hasPrefix(file) {
        // What a file that is there lacks tells more than that others are not there.
        failure = reason
      }
    }
    guard let choice else {
      throw TensorError(
        "matmul", given: "no linear algebra library (\(failure))",
        expected: "libopenblas.so.0 on the library path; launch/setup installs it")
    }
    throw TensorError(
      "start", given: "\(LinearAlgebraChoice.variable)=\(choice.text) (\(failure))",
      expected: "OpenBLAS, MKL or BLIS, with integers of 32 bits, that can be opened")
  }

  /// Why a library that can be opened is of no use.
  private struct Refusal: Error {
    let reason: String
  }

  private init(_ opened: SharedLibrary) throws(Refusal) {
    var library = opened
    // Builds for Python's packages have names of their own.
    if ["cblas_sgemm", "cblas_sgemm64_"].contains(where: { library.has("scipy_" + $0) }) {
      library.prefix = "scipy_"
    }
    let wide = Refusal(reason: "has integers of 64 bits")
    if !library.has("cblas_sgemm"), library.has("cblas_sgemm64_") { throw wide }
    guard let maker = LinearAlgebraMaker(of: library),
      let single = library.find("cblas_sgemm", as: SinglePrecisionProduct.self),
      let double = library.find("cblas_dgemm", as: DoublePrecisionProduct.self),
      let singleRow = library.find("cblas_sgemv", as: SinglePrecisionRow.self),
      let doubleRow = library.find("cblas_dgemv", as: DoublePrecisionRow.self)
    else { throw Refusal(reason: "is of none of them") }
    guard let configuration = maker.prepare(library) else { throw wide }
    self.single = single
    self.double = double
    self.singleRow = singleRow
    self.doubleRow = doubleRow
    self.configuration = configuration
  }
}

extension String {
  /// Whether the loader's words are of one of the files that it was asked for.
  fileprivate func isOfMissing(_ files: [String]) -> Bool { files.contains { hasPrefix($0) } }
}
