import Glibc

// Each library would choose kernels by the CPU that it sees. Those for the runtime's instruction
// set are named instead, the same on all ranks. A user's own choice, in the library's variable,
// holds.

/// The kernels that libraries of products have, as coarse as their names for them.
private enum ProductKernels {
  case avx512
  case avx2
  case narrow

  /// Those that the runtime's instruction set allows; nil on processors whose own choice is all
  /// that there is.
  static var allowed: ProductKernels? {
    #if arch(x86_64)
      // Those that the kernels may use.
      let names = Runtime.instructionSets.drop { $0 != Runtime.instructionSet }
      if names.contains(where: { $0.hasPrefix("AVX-512") }) { return .avx512 }
      if names.contains("AVX2") { return .avx2 }
      // Named even where the CPU has no more: other ranks may have, and take the same.
      return .narrow
    #else
      return nil
    #endif
  }

  /// Whether the CPU has wider instructions than may be used.
  static var isNarrowed: Bool { Runtime.instructionSet != Runtime.instructionSets.first }
}

extension LinearAlgebraMaker {
  /// Variables that libraries read while they are loaded.
  static var variables: [(name: String, value: String)] {
    var variables = [("OPENBLAS_NUM_THREADS", "1")]
    if getenv("OPENBLAS_CORETYPE") == nil, let kernels = ProductKernels.allowed {
      let name =
        switch kernels {
        case .avx512: "SkylakeX"
        case .avx2: "Haswell"
        case .narrow: "Prescott"
        }
      variables.append(("OPENBLAS_CORETYPE", name))
    }
    return variables
  }

  /// Holds the library to one thread, integers of 32 bits and the instructions that may be used,
  /// before anything else is asked of it.
  ///
  /// - Returns: what it says of itself, such as its version and kernels; nil where its integers
  ///   have 64 bits.
  func prepare(_ library: SharedLibrary) -> String? {
    switch self {
    case .openBLAS: prepareOpenBLAS(library)
    case .mkl: prepareMKL(library)
    case .blis: prepareBLIS(library)
    }
  }

  private typealias Text = @convention(c) () -> UnsafePointer<CChar>?
  private typealias Number = @convention(c) () -> Int32

  private func prepareOpenBLAS(_ library: SharedLibrary) -> String? {
    let version = library.text("openblas_get_config") ?? "OpenBLAS"
    if version.contains("USE64BITINT") { return nil }
    library.find("openblas_set_num_threads", as: (@convention(c) (Int32) -> Void).self)?(1)
    return version + (library.text("openblas_get_corename").map { ", kernels for \($0)" } ?? "")
  }

  private func prepareMKL(_ library: SharedLibrary) -> String? {
    typealias Setting = @convention(c) (Int32) -> Int32
    // MKL_INTERFACE_LP64 0, MKL_THREADING_SEQUENTIAL 1; the layers count before all other calls.
    _ = library.find("MKL_Set_Interface_Layer", as: Setting.self)?(0)
    _ = library.find("MKL_Set_Threading_Layer", as: Setting.self)?(1)
    if getenv("MKL_ENABLE_INSTRUCTIONS") == nil, let kernels = ProductKernels.allowed {
      let number: Int32 =
        switch kernels {
        case .avx512: 4
        case .avx2: 2
        case .narrow: 0
        }
      _ = library.find("MKL_Enable_Instructions", as: Setting.self)?(number)
    }
    library.find("MKL_Set_Num_Threads", as: (@convention(c) (Int32) -> Void).self)?(1)
    var version = [CChar](repeating: 0, count: 256)
    library.find(
      "MKL_Get_Version_String",
      as: (@convention(c) (UnsafeMutablePointer<CChar>, Int32) -> Void).self)?(&version, 255)
    let text = version.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    let branch = library.find("MKL_CBWR_Get_Auto_Branch", as: Number.self)?()
    return (text.isEmpty ? "MKL" : text) + (branch.map { ", kernels of branch \($0)" } ?? "")
  }

  private func prepareBLIS(_ library: SharedLibrary) -> String? {
    let width = library.find("bli_info_get_blas_int_type_size", as: (@convention(c) () -> Int).self)
    if width?() == 64 { return nil }
    let name = library.find(
      "bli_arch_string", as: (@convention(c) (Int32) -> UnsafePointer<CChar>?).self)
    func text(_ number: Int32) -> String? { name?(number).map { String(cString: $0) } }
    var variables: [(name: String, value: String)] = []
    // Not without need: a build for one CPU has no other kernels, and ends the process.
    if getenv("BLIS_ARCH_TYPE") == nil, ProductKernels.isNarrowed,
      let kernels = ProductKernels.allowed
    {
      let wanted =
        switch kernels {
        case .avx512: "skx"
        case .avx2: "haswell"
        case .narrow: "penryn"
        }
      // Their numbers differ between versions, but Intel's come first.
      if let number = (0..<6).first(where: { text($0) == wanted }) {
        variables.append(("BLIS_ARCH_TYPE", String(number)))
      }
    }
    // Its first call settles it.
    withEnvironment(variables) {
      library.find("bli_thread_set_num_threads", as: (@convention(c) (Int) -> Void).self)?(1)
    }
    let kernels = library.find("bli_arch_query_id", as: Number.self)?()
    return ["BLIS", library.text("bli_info_get_version_str")].compactMap(\.self)
      .joined(separator: " ") + (kernels.flatMap(text).map { ", kernels for \($0)" } ?? "")
  }
}

extension SharedLibrary {
  /// What a function without parameters tells.
  fileprivate func text(_ function: String) -> String? {
    find(function, as: (@convention(c) () -> UnsafePointer<CChar>?).self)?()
      .map { String(cString: $0) }
  }
}
