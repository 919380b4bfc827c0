/// The libraries of matrix products that are known: of others nobody could say how they are held to
/// one thread.
package enum LinearAlgebraMaker: String, CaseIterable, Sendable {
  case openBLAS = "openblas"
  case mkl
  case blis

  /// What the loader is asked for, in this order.
  var files: [String] {
    #if arch(x86_64)
      let folder = "/usr/lib/x86_64-linux-gnu"
    #else
      let folder = "/usr/lib/aarch64-linux-gnu"
    #endif
    return switch self {
    case .openBLAS:
      ["\(folder)/openblas-pthread/libopenblas.so.0", "libopenblas.so.0", "libopenblas.so"]
    case .mkl:
      ["libmkl_rt.so.3", "libmkl_rt.so.2", "libmkl_rt.so.1", "libmkl_rt.so"]
        + ["/opt/intel/oneapi/mkl/latest/lib/libmkl_rt.so"]
    case .blis:
      ["\(folder)/blis-serial/libblis.so.4", "libblis.so.4", "libblis.so"]
    }
  }

  /// Whose a library is; nil where it is of none of them.
  init?(of library: SharedLibrary) {
    if library.has("openblas_set_num_threads") {
      self = .openBLAS
    } else if library.has("MKL_Set_Num_Threads") {
      self = .mkl
    } else if library.has("bli_thread_set_num_threads") {
      self = .blis
    } else {
      return nil
    }
  }
}
