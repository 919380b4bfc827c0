// Reads what programs have written, for tests that are shell scripts, with parsers that are not
// ours.
//
//   inspection json < LINES each line must be a JSON value: writes “LINE PATH VALUE” for each of
//   its leaves inspection xml FILE writes how often each element occurs, the root first inspection
//   npy FILE… writes type, shape and whether all elements are finite
//
// Status 1, with a message, where something is malformed.

import Foundation
import FoundationXML
import Tessera
import TesseraIO

struct Malformed: Error {
  var what: String
}

/// Any JSON value, written as its leaves.
indirect enum JSONValue: Decodable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// Such as `byRank.0.host`, and its text. An empty container is a leaf.
  func leaves(_ path: String) -> [(path: String, text: String)] {
    func below(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    switch self {
    case .null: return [(path, "null")]
    case .bool(let value): return [(path, "\(value)")]
    case .number(let value): return [(path, Int(exactly: value).map(String.init) ?? "\(value)")]
    case .string(let value): return [(path, value)]
    case .array(let values) where values.isEmpty: return [(path, "[]")]
    case .array(let values):
      return values.enumerated().flatMap { $0.element.leaves(below("\($0.offset)")) }
    case .object(let values) where values.isEmpty: return [(path, "{}")]
    case .object(let values):
      return values.sorted { $0.key < $1.key }.flatMap { $0.value.leaves(below($0.key)) }
    }
  }
}

func inspectJSON() throws {
  var number = 0
  while let line = readLine() {
    number += 1
    guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(line.utf8)) else {
      throw Malformed(what: "line \(number) is not JSON: \(line)")
    }
    for leaf in value.leaves("") { Swift.print(number, leaf.path, leaf.text) }
  }
}

/// Counts elements.
final class ElementCounter: NSObject, XMLParserDelegate {
  private(set) var names: [String] = []
  private(set) var counts: [String: Int] = [:]
  private(set) var roots = 0
  private(set) var open = 0

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    if counts[name] == nil { names.append(name) }
    counts[name, default: 0] += 1
    if open == 0 { roots += 1 }
    open += 1
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    open -= 1
  }
}

func inspectXML(_ path: String) throws {
  let counter = ElementCounter()
  let parser = XMLParser(data: try Data(contentsOf: URL(fileURLWithPath: path)))
  parser.delegate = counter
  // The parser does not mind a document that ends before its elements do, or goes on after the
  // first.
  guard parser.parse(), counter.roots == 1, counter.open == 0 else {
    throw Malformed(what: "\(path), up to line \(parser.lineNumber), is not well-formed XML")
  }
  for name in counter.names { Swift.print(name, counter.counts[name]!) }
}

func inspectNpy(_ path: String) throws {
  let values = try Tensor<Float>(npy: path)
  let isFinite = values.scalars.allSatisfy(\.isFinite)
  Swift.print("Float \(values.shape) \(isFinite ? "finite" : "not finite")")
}

func inspect(_ arguments: [String]) throws {
  switch arguments.first {
  case "json" where arguments.count == 1: try inspectJSON()
  case "xml" where arguments.count == 2: try inspectXML(arguments[1])
  case "npy" where arguments.count >= 2:
    for path in arguments.dropFirst() { try inspectNpy(path) }
  default:
    throw Malformed(what: "given \(arguments); expected json, xml FILE or npy FILE…")
  }
}

do {
  try inspect(Array(CommandLine.arguments.dropFirst()))
} catch {
  let text = (error as? Malformed)?.what ?? "\(error)"
  FileHandle.standardError.write(Data("inspection: \(text)\n".utf8))
  exit(1)
}
