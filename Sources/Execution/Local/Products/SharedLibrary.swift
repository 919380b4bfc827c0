import Glibc

/// A shared library that was opened at run time, and stays so.
struct SharedLibrary: @unchecked Sendable {
  // The loader's calls are safe on any thread.
  private let handle: UnsafeMutableRawPointer
  /// What all names of its functions begin with.
  var prefix = ""

  /// - Parameter file: a path, or what the loader looks for on its own.
  /// - Returns: nothing to be had, with the loader's reason, where it cannot be opened.
  static func open(_ file: String) -> (library: SharedLibrary?, failure: String) {
    guard let handle = dlopen(file, RTLD_NOW | RTLD_LOCAL) else {
      return (nil, dlerror().map { String(cString: $0) } ?? "\(file) cannot be opened")
    }
    return (SharedLibrary(handle: handle), "")
  }

  private init(handle: UnsafeMutableRawPointer) {
    self.handle = handle
  }

  func has(_ function: String) -> Bool { dlsym(handle, prefix + function) != nil }

  /// A function, whose C type the caller knows.
  func find<Function>(_ function: String, as type: Function.Type) -> Function? {
    dlsym(handle, prefix + function).map { unsafeBitCast($0, to: type) }
  }
}

/// Runs code while the environment holds other values of some variables.
func withEnvironment<R>(_ variables: [(name: String, value: String)], _ body: () -> R) -> R {
  let before = variables.map { variable in getenv(variable.name).map { String(cString: $0) } }
  for (name, value) in variables { setenv(name, value, 1) }
  defer {
    for (variable, value) in zip(variables, before) {
      if let value { setenv(variable.name, value, 1) } else { unsetenv(variable.name) }
    }
  }
  return body()
}
