import Execution
import Foundation
import Tessera
import TesseraIO
import TestSupport
import Testing

/// Files that are no .npy files, or not what they say: an error that names operation and path, the
/// same on every rank, before any memory for elements is taken.
@Suite struct NpyRefusalTests {
  struct BadFile: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    /// What the message must contain.
    let contains: [String]

    init(_ name: String, _ bytes: [UInt8], _ contains: String...) {
      testDescription = name
      self.bytes = bytes
      self.contains = contains
    }

    init(_ name: String, _ image: NpyImage, _ contains: String...) {
      testDescription = name
      bytes = image.bytes
      self.contains = contains
    }
  }

  static let damaged = [
    BadFile("empty", [], "0 bytes", "\\x93NUMPY"),
    BadFile("short", Array("\u{93}".utf8), "2 bytes"),
    BadFile("text", Array("not an array at all".utf8), "begins otherwise", "\\x93NUMPY"),
    BadFile("magic alone", NpyImage.magic, "ends inside its header, at byte 6"),
    BadFile("no length", NpyImage.magic + [1, 0, 10], "ends inside its header, at byte 9"),
    BadFile("half a length", NpyImage.magic + [2, 0, 10, 0, 0], "at byte 11", "whole"),
    BadFile("version 0.0", NpyImage("{}", version: [0, 0]), "version 0.0", "1.0, 2.0 or 3.0"),
    BadFile("version 1.1", NpyImage("{}", version: [1, 1]), "version 1.1"),
    BadFile("version 4.0", NpyImage("{}", version: [4, 0]), "version 4.0"),
    BadFile(
      "header longer than the file", NpyImage("{}", claimedLength: 3), "claims 3 bytes",
      "a file of 12"),
    BadFile(
      "header of 4 GiB", NpyImage("{}", version: [2, 0], claimedLength: 0xffff_ffff),
      "claims 4294967295 bytes", "at most 65536"),
    BadFile(
      "long header", NpyImage(String(repeating: " ", count: 65537), version: [3, 0]),
      "claims 65537 bytes", "at most 65536"),
    BadFile("no elements", NpyImage(body: 0), "0 bytes of elements", "8 bytes for Float [2]"),
    BadFile("one byte short", NpyImage(body: 7), "7 bytes of elements", "8 bytes"),
    BadFile("one byte more", NpyImage(body: 9), "9 bytes of elements", "8 bytes"),
    BadFile("two arrays", NpyImage().bytes + NpyImage().bytes, "bytes of elements", "8 bytes"),
    BadFile("bytes behind nothing", NpyImage(shape: "(0,)", body: 1), "1 bytes", "0 bytes"),
  ]

  private static let keys = "'descr': '<f4', 'fortran_order': False"

  static let headers = [
    BadFile("no dictionary", NpyImage(""), "an end too early", "'{'"),
    BadFile("spaces", NpyImage("   \n"), "an end too early", "'{'"),
    BadFile("unclosed", NpyImage("{"), "an end too early"),
    BadFile("no keys", NpyImage("{}"), "too few keys", "descr, fortran_order and shape"),
    BadFile("no shape", NpyImage("{\(keys)}"), "too few keys"),
    BadFile("no order", NpyImage("{'descr': '<f4', 'shape': ()}"), "too few keys"),
    BadFile("no type", NpyImage("{'fortran_order': True, 'shape': ()}"), "too few keys"),
    BadFile("twice", NpyImage("{\(keys), 'descr': '<f8', 'shape': ()}"), "\"descr\"", "once"),
    BadFile("unknown key", NpyImage("{\(keys), 'shape': (), 'x': 1}"), "\"x\"", "once"),
    BadFile("key without quotes", NpyImage("{descr: '<f4'}"), "a string in quotes"),
    BadFile("no colon", NpyImage("{'descr' '<f4'}"), "':'"),
    BadFile("no comma", NpyImage("{\(keys) 'shape': ()}"), "'}'"),
    BadFile("a list", NpyImage("[\(keys)]"), "'{'"),
    BadFile("more behind", NpyImage("{\(keys), 'shape': (2,)} or 1\n"), "the end of the header"),
    BadFile("a zero behind", NpyImage("{\(keys), 'shape': (2,)}\u{0}"), "the end of the header"),
    BadFile("code", NpyImage("__import__('os').system('touch evil')"), "\"__import__", "'{'"),
    BadFile("code as a shape", NpyImage(shape: "exit()"), "\"exit()", "'('"),
    BadFile("code as an extent", NpyImage(shape: "(1+1,)"), "\"+1,)", "a comma behind"),
    BadFile("an extent alone", NpyImage(shape: "2"), "'('"),
    BadFile("an extent in brackets", NpyImage(shape: "(2)"), "a comma behind the only extent"),
    BadFile("a list of extents", NpyImage(shape: "[2]"), "'('"),
    BadFile("negative", NpyImage(shape: "(-2,)"), "\"-2,)", "not negative"),
    BadFile("a fraction", NpyImage(shape: "(2.0,)"), "\".0,)"),
    BadFile("an exponent", NpyImage(shape: "(1e3, 1)"), "\"e3, 1)"),
    BadFile("hexadecimal", NpyImage(shape: "(0x2,)"), "\"x2,)"),
    BadFile("a zero before", NpyImage(shape: "(02,)"), "\"02,)", "without zeros before it"),
    BadFile("no extent", NpyImage(shape: "(,)"), "not negative"),
    BadFile("two commas", NpyImage(shape: "(2,,)"), "not negative"),
    BadFile("deep", NpyImage(shape: String(repeating: "(", count: 5000)), "not negative"),
    BadFile(
      "long integer of a version that has none",
      NpyImage("{\(keys), 'shape': (2L,)}", version: [3, 0], body: [0, 0, 0, 0, 0, 0, 0, 0]),
      "\"L,)"),
    BadFile(
      "65 axes", NpyImage(shape: "(" + String(repeating: "1, ", count: 64) + "1)", body: 4),
      "more than 64 axes"),
    BadFile("order as text", NpyImage(order: "'False'"), "True or False"),
    BadFile("order in small letters", NpyImage(order: "false"), "True or False"),
    BadFile("order as a number", NpyImage(order: "0"), "True or False"),
    BadFile("no such size", NpyImage(descr: "'<f3'"), "\"<f3\"", "f4 (Float), f8 (Double)"),
    BadFile("no byte order", NpyImage(descr: "'f4'"), "\"f4\""),
    BadFile("no byte order where one matters", NpyImage(descr: "'|f4'"), "\"|f4\""),
    BadFile("no type in quotes", NpyImage(descr: "''"), "\"\""),
    BadFile("a type alone", NpyImage(descr: "float"), "a string in quotes"),
    BadFile("huge type", NpyImage(descr: "'<V9223372036854775807'"), "<V9223372036854775807"),
    BadFile("fields", NpyImage(descr: "[('a', '<f4')]"), "a structured type"),
    BadFile("an array as the type", NpyImage(descr: "('<f4', (2,))"), "a structured type"),
    BadFile("an object", NpyImage(descr: "'|O'"), "\"|O\""),
    BadFile("no end of the text", NpyImage(descr: "'<f4"), "the type \"<f4, \""),
    BadFile("an escape", NpyImage(descr: #"'<f\x34'"#), "without escapes"),
    BadFile(
      "a long text", NpyImage(descr: "'" + String(repeating: "f", count: 65) + "'"),
      "a short string"),
    BadFile("control characters", NpyImage(descr: "'\u{1b}[31m\n'"), #""\u{1B}[31m\n""#),
    BadFile("beyond ASCII", NpyImage(descr: "'<f４'"), "<f４"),
  ]

  static let sizes = [
    BadFile("more than the file has", NpyImage(shape: "(1000000, 1000)"), "4000000000 bytes"),
    BadFile(
      "all that can be counted", NpyImage(shape: "(\(Int.max / 16),)"),
      "\(Int.max / 16 * 4) bytes"),
    BadFile(
      "more bytes than can be counted", NpyImage(shape: "(\(Int.max / 4),)"),
      "[\(Int.max / 4)]", "addressed"),
    BadFile(
      "a product beyond 64 bits", NpyImage(shape: "(4294967296, 4294967296)"),
      "[4294967296, 4294967296]", "addressed"),
    BadFile(
      "a product that is 0 in 64 bits", NpyImage(shape: "(4294967296, 4294967296, 4)", body: 0),
      "addressed"),
    BadFile(
      "nothing of very much", NpyImage(shape: "(0, \(Int.max), \(Int.max))", body: 0),
      "addressed"),
    BadFile(
      "an extent beyond 64 bits", NpyImage(shape: "(9223372036854775808,)"),
      "an extent beyond \(Int.max)"),
    BadFile(
      "an extent of 60000 digits",
      NpyImage(shape: "(" + String(repeating: "9", count: 60000) + ",)"),
      "an extent beyond \(Int.max)"),
  ]

  @Test(arguments: damaged + headers + sizes) func badFile(_ file: BadFile) throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let path = folder.write(file.bytes)
    let complaints = try Self.complaints(about: path, contains: file.contains)
    #expect(complaints.isEmpty, "\(complaints)")
    #expect(folder.names == ["x.npy"])
  }

  struct BadPath: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let contains: [String]
    /// Puts it into a folder.
    let make: @Sendable (TemporaryFolder) -> String
  }

  static let paths = [
    BadPath(testDescription: "missing", contains: ["x.npy", "cannot be opened", "No such file"]) {
      $0.file("x.npy")
    },
    BadPath(testDescription: "missing folder", contains: ["none/x.npy", "No such file"]) {
      $0.file("none/x.npy")
    },
    BadPath(testDescription: "a folder", contains: ["which is a directory", "a regular file"]) {
      $0.path
    },
    BadPath(testDescription: "a file as a folder", contains: ["x.npy/y", "Not a directory"]) {
      $0.write([]) + "/y"
    },
    // Nobody writes to it: opening it must not wait.
    BadPath(testDescription: "a pipe", contains: ["which is a pipe", "a regular file"]) {
      mkfifo($0.file("x.npy"), 0o600)
      return $0.file("x.npy")
    },
    BadPath(testDescription: "a device", contains: ["/dev/zero, which is a device"]) { _ in
      "/dev/zero"
    },
    BadPath(testDescription: "a link to nothing", contains: ["No such file"]) {
      symlink("nothing", $0.file("x.npy"))
      return $0.file("x.npy")
    },
    BadPath(testDescription: "links in a circle", contains: ["symbolic links"]) {
      symlink("x.npy", $0.file("x.npy"))
      return $0.file("x.npy")
    },
    BadPath(testDescription: "no path", contains: ["the path \"\"", "not empty"]) { _ in "" },
    // The system would open what is before it.
    BadPath(testDescription: "a zero inside", contains: ["without the character 0"]) {
      $0.write(NpyImage().bytes) + "\u{0}.png"
    },
    BadPath(testDescription: "a long name", contains: ["File name too long"]) {
      $0.file(String(repeating: "x", count: 300))
    },
  ]

  @Test(arguments: paths) func badPath(_ path: BadPath) throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let complaints = try Self.complaints(about: path.make(folder), contains: path.contains)
    #expect(complaints.isEmpty, "\(complaints)")
  }

  /// What is wrong with the errors of any way to read a file, on any number of ranks.
  private static func complaints(about path: String, contains: [String]) throws -> [String] {
    var complaints: [String] = []
    func judge(_ message: String, _ texts: [String]) {
      for text in texts + contains where !message.contains(text) {
        complaints.append("no \(text) in: \(message)")
      }
      let hasControls = message.unicodeScalars.contains {
        $0.properties.generalCategory == .control && !path.unicodeScalars.contains($0)
      }
      if hasControls { complaints.append("control characters in: \(message.debugDescription)") }
    }
    for ranks in [1, 2, 3, 5] {
      for operation in ["Tensor(npy:)", "NpyFile"] {
        let outcomes = try onLoopbackRanks(ranks) { runtime in
          let message = errorMessage {
            if operation == "NpyFile" { return _ = try NpyFile.opened(onAllRanks: path) }
            _ = try Tensor<Float>(npy: path, sharding: .replicated)
          }
          return (message, runtime.arena.statistics.allocations)
        }
        if !outcomes.allSatisfy({ $0 == (outcomes[0].0, 0) }) {
          complaints.append("not alike, or memory was taken: \(outcomes)")
        }
        judge(outcomes[0].0, ["\(operation) (on rank 0): given "])
      }
    }
    judge(errorMessage { try NpyFile(path) }, ["NpyFile: given "])
    return complaints
  }

  /// The checker notices a file that is let in, a word that is missing and memory that was taken.
  @Test func theCheckerComplains() throws {
    try withTemporaryFolder { folder in
      let good = try Self.complaints(about: folder.write(NpyImage().bytes), contains: [])
      #expect(good.count == 3 * 4 + 1)
      let bad = try Self.complaints(about: folder.write([]), contains: ["something else"])
      #expect(bad.count == 2 * 4 + 1)
    }
  }
}
