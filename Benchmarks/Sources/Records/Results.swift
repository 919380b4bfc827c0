import Foundation

/// The JSON lines of files.
package struct Results {
  package var records: [Record] = []
  package var predictions: [Prediction] = []

  package init(contentsOf paths: [String]) throws(UnreadableFile) {
    let decoder = JSONDecoder()
    for path in paths {
      do {
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
          let data = Data(line.utf8)
          if let prediction = try? decoder.decode(Prediction.self, from: data) {
            predictions.append(prediction)
          } else {
            var record = try decoder.decode(Record.self, from: data)
            record.lead = Lead(record)
            records.append(record)
          }
        }
      } catch {
        throw UnreadableFile(path: path)
      }
    }
  }

  /// Writes them all, or nothing.
  package func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let lines = try records.map(encoder.encode) + predictions.map(encoder.encode)
    let text = lines.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined()
    try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
  }
}

package struct UnreadableFile: Error, CustomStringConvertible {
  let path: String

  package var description: String {
    "\(path) was given; expected a file that benchmarks --json has written"
  }
}
