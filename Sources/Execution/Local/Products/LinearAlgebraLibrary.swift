import CKernels
import Glibc
import Shapes

/// The matrix products of OpenBLAS, opened at run time.
///
/// OpenBLAS chooses its kernels when it is loaded and takes CPU families that it does not know for
/// old ones, at half the speed; so the CPU is looked at first and the kernels are named in the
/// environment, for the moment of loading only. The build with POSIX threads is opened by its path
/// and held to one thread: the worker pool makes the calls.
struct LinearAlgebraLibrary: Sendable {
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
  let configuration: String

  /// The library, opened on first use.
  static let shared: Result<LinearAlgebraLibrary, TensorError> = Result {
    () throws(TensorError) in try open()
  }

  private static let candidates: [String] = {
    #if arch(x86_64)
      let architecture = "x86_64-linux-gnu"
    #else
      let architecture = "aarch64-linux-gnu"
    #endif
    return [
      "/usr/lib/\(architecture)/openblas-pthread/libopenblas.so.0", "libopenblas.so.0",
      "libopenblas.so",
    ]
  }()

  private static func open() throws(TensorError) -> LinearAlgebraLibrary {
    let (handle, failure) = withEnvironment(settings()) {
      for path in candidates {
        if let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) { return (Optional(handle), "") }
      }
      return (nil, String(cString: dlerror()))
    }
    guard let handle, let single = dlsym(handle, "cblas_sgemm"),
      let double = dlsym(handle, "cblas_dgemm"), let singleRow = dlsym(handle, "cblas_sgemv"),
      let doubleRow = dlsym(handle, "cblas_dgemv")
    else {
      throw TensorError(
        "matmul", given: "no OpenBLAS (\(failure))",
        expected: "libopenblas.so.0 on the library path; launch/setup installs it")
    }
    if let limit = dlsym(handle, "openblas_set_num_threads") {
      unsafeBitCast(limit, to: (@convention(c) (Int32) -> Void).self)(1)
    }
    var configuration = "OpenBLAS"
    if let function = dlsym(handle, "openblas_get_config"),
      let text = unsafeBitCast(
        function, to: (@convention(c) () -> UnsafePointer<CChar>?).self)()
    {
      configuration = String(cString: text)
    }
    if let function = dlsym(handle, "openblas_get_corename"),
      let text = unsafeBitCast(
        function, to: (@convention(c) () -> UnsafePointer<CChar>?).self)()
    {
      configuration += ", kernels for \(String(cString: text))"
    }
    return LinearAlgebraLibrary(
      single: unsafeBitCast(single, to: SinglePrecisionProduct.self),
      double: unsafeBitCast(double, to: DoublePrecisionProduct.self),
      singleRow: unsafeBitCast(singleRow, to: SinglePrecisionRow.self),
      doubleRow: unsafeBitCast(doubleRow, to: DoublePrecisionRow.self),
      configuration: configuration)
  }

  /// What the environment says while the library is loaded. A user's own choice of kernels holds.
  private static func settings() -> [(name: String, value: String)] {
    var settings = [("OPENBLAS_NUM_THREADS", "1")]
    #if arch(x86_64)
      if getenv("OPENBLAS_CORETYPE") == nil {
        // Those that the kernels may use.
        let names = Runtime.instructionSets.drop { $0 != Runtime.instructionSet }
        if names.contains(where: { $0.hasPrefix("AVX-512") }) {
          settings.append(("OPENBLAS_CORETYPE", "SkylakeX"))
        } else if names.contains("AVX2") {
          settings.append(("OPENBLAS_CORETYPE", "Haswell"))
        } else if names.count < Runtime.instructionSets.count {
          // Narrower than the CPU's, by which the library would choose.
          settings.append(("OPENBLAS_CORETYPE", "Prescott"))
        }
      }
    #endif
    return settings
  }

  private static func withEnvironment<R>(
    _ settings: [(name: String, value: String)], _ body: () -> R
  ) -> R {
    let before = settings.map { setting in getenv(setting.name).map { String(cString: $0) } }
    for (name, value) in settings { setenv(name, value, 1) }
    defer {
      for (setting, value) in zip(settings, before) {
        if let value { setenv(setting.name, value, 1) } else { unsetenv(setting.name) }
      }
    }
    return body()
  }
}
