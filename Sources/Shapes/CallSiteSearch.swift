import Foundation
import Runtime

/// A search for the innermost place of a program among calls, in the tables of the files that are
/// loaded.
struct CallSiteSearch {
  /// The modules of this package that programs call: their functions are not the place that is
  /// looked for. A test compares them with the table of modules.
  private static let ownModules: Set = [
    "Shapes", "Distribution", "Machine", "MessagePassing", "Execution", "Tessera",
    "TesseraTraining", "TesseraIO", "CommandSupport",
  ]

  private static let modulesOfToolchain: Set = [
    "Swift", "Foundation", "FoundationEssentials", "Dispatch", "Synchronization", "Glibc",
    "_Concurrency", "_StringProcessing", "Runtime",
  ]

  private let images = ImageMap.capture()

  /// Takes what is found, which may be nothing yet; returns whether there is time to go on.
  let note: (CallSite?) -> Bool

  init(note: @escaping (CallSite?) -> Bool) { self.note = note }

  /// Returns whether the stack has a place of the program, found or not.
  func run(_ stack: CallStack) -> Bool {
    let calls = stack.returnAddresses.lazy.compactMap { call(returningTo: $0) }
    // Names are found at once, lines are not.
    let function = calls.first { $0.isOfProgram }
    if let function, !note(.function(function.name)) { return true }
    for call in calls where call.mayHoldProgram {
      if let line = line(of: call) {
        _ = note(line)
        return true
      }
      if call.isOfProgram || !note(nil) { return true }
    }
    return function != nil
  }

  /// The line of the program in a function or in what the compiler has inlined into it.
  private func line(of call: Call) -> CallSite? {
    // Tables of what is inlined take by far the longest, and most calls stand in the program's own
    // line.
    if let line = locations(of: call, [.showSourceLocations]).first?.site { return line }
    guard note(nil) else { return nil }
    // After the line of the address itself come those of the inlined calls around it, outermost
    // first.
    return locations(of: call, [.showSourceLocations, .showInlineFrames])
      .last { $0.site != nil }?.site
  }

  private func locations(
    of call: Call, _ options: Backtrace.SymbolicationOptions
  ) -> [SymbolicatedBacktrace.SourceLocation] {
    call.backtrace.symbolicated(with: images, options: options)?.frames
      .compactMap(\.symbol?.sourceLocation) ?? []
  }

  private func call(returningTo address: UInt) -> Call? {
    guard let backtrace = Backtrace(returningTo: address),
      let symbol = backtrace.symbolicated(with: images, options: [])?.frames.first?.symbol
    else { return nil }
    return Call(backtrace: backtrace, symbol: symbol)
  }

  /// One call, with the function that it is in.
  private struct Call {
    let backtrace: Backtrace
    let name: String
    let isOfProgram: Bool
    /// Whether a line of the program may stand there: also in a generic function of another module,
    /// which the compiler has made for the types and closures of the program.
    let mayHoldProgram: Bool

    init(backtrace: Backtrace, symbol: SymbolicatedBacktrace.Symbol) {
      self.backtrace = backtrace
      let raw = symbol.rawName
      // SwiftPM calls the code of main.swift after its module.
      if raw == "main" || raw.hasSuffix("_main") && !raw.hasPrefix("_") {
        name = "main.swift"
        isOfProgram = true
        mayHoldProgram = true
        return
      }
      let specialized = "specialized "
      let isSpecialized = symbol.name.hasPrefix(specialized)
      name = isSpecialized ? String(symbol.name.dropFirst(specialized.count)) : symbol.name
      guard let module = CallSiteSearch.module(of: raw) else {
        isOfProgram = false
        mayHoldProgram = false
        return
      }
      // What the compiler has merged of several functions has the name and the lines of one of
      // them: the call of it tells more.
      guard !raw.hasSuffix("Tm") else {
        isOfProgram = false
        mayHoldProgram = false
        return
      }
      let isOwn = CallSiteSearch.ownModules.contains(module)
      isOfProgram = !isOwn && !CallSiteSearch.modulesOfToolchain.contains(module)
      mayHoldProgram = !isOwn || isSpecialized && raw.isGenericSpecialization
    }
  }

  /// The module of a function by its mangled name, "Swift" for members of its types unless they are
  /// Tessera's; nil for functions of other languages.
  private static func module(of mangled: String) -> String? {
    guard mangled.hasPrefix("$s") else { return nil }
    var rest = mangled.dropFirst(2)
    if rest.first == "s" { return "Swift" }
    let isMember = rest.first == "S"
    while rest.first == "S" { rest = rest.dropFirst(2) }
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    let name = String(rest.dropFirst(digits.count).prefix(Int(digits) ?? 0))
    return isMember && !ownModules.contains(name) ? "Swift" : name.isEmpty ? nil : name
  }
}

extension String {
  /// Whether a mangled name ends as those of functions that the compiler has made for certain
  /// types.
  fileprivate var isGenericSpecialization: Bool {
    ["Tg", "TG", "Ti"].contains { range(of: $0, options: .backwards) != nil }
  }
}

extension SymbolicatedBacktrace.SourceLocation {
  /// The folder of this package's modules, as the compiler knew it.
  private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().path(percentEncoded: false)

  /// The line, if it is the program's.
  fileprivate var site: CallSite? {
    guard line > 0, path.hasSuffix(".swift"), !isOwn else { return nil }
    let folder = FileManager.default.currentDirectoryPath + "/"
    let isBelow = path.hasPrefix(folder)
    return .line(file: isBelow ? String(path.dropFirst(folder.count)) : path, line)
  }

  /// Some paths are told relative to the package.
  private var isOwn: Bool {
    for prefix in [Self.sources, "Sources/"] where path.hasPrefix(prefix) {
      let module = path.dropFirst(prefix.count).drop { $0 == "/" }.prefix { $0 != "/" }
      if CallSiteSearch.isOwn(String(module)) { return true }
    }
    return false
  }
}

extension CallSiteSearch {
  fileprivate static func isOwn(_ module: String) -> Bool { ownModules.contains(module) }
}

extension Backtrace {
  /// A backtrace of a single call, read from the form in which backtraces are stored: its head for
  /// addresses of 64 bits, one return address, an end.
  fileprivate init?(returningTo address: UInt) {
    let bigEndian = withUnsafeBytes(of: UInt64(address).bigEndian, Array.init)
    let bytes: [UInt8] = [0b10, 0b0010_1111] + bigEndian + [0]
    let stored = StoredBacktrace(
      architecture: "x86_64", backtrace: Data(bytes).base64EncodedString())
    guard let json = try? JSONEncoder().encode(stored),
      let backtrace = try? JSONDecoder().decode(Backtrace.self, from: json),
      let frame = Array(backtrace.frames).first, case .returnAddress(let read) = frame,
      UInt(read) == address
    else { return nil }
    self = backtrace
  }
}

private struct StoredBacktrace: Encodable {
  let architecture: String
  let backtrace: String
}
