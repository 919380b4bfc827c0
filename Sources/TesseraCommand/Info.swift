import ArgumentParser
import Foundation
import Tessera

/// `tessera info`: the job as the runtime sees it.
struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Shows version, MPI, ranks, nodes, hosts, CPUs, NUMA nodes, workers and instruction set.")

  @Flag(help: "One line of JSON instead of text.")
  var json = false

  @Flag(help: "Also show on which NUMA nodes the pages of a fresh 64 MiB tensor lie.")
  var pages = false

  func run() throws {
    let report = try RuntimeReport.gather(pages: pages)
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      Tessera.print(String(decoding: try encoder.encode(report), as: UTF8.self))
    } else {
      Tessera.print(report.text)
    }
  }
}

extension RuntimeReport {
  fileprivate var text: String {
    var lines = ["Tessera \(version)"]
    lines.append("MPI            \(mpiLibrary ?? "not in use: a single process")")
    if let mpiThreadLevel { lines.append("thread level   \(mpiThreadLevel)") }
    lines.append("ranks          \(ranks) (\(transport))")
    lines.append("nodes          \(nodes.count)")
    for (number, ranks) in nodes.enumerated() {
      lines.append("  node \(number): \(ranks.count == 1 ? "rank" : "ranks") \(list(ranks))")
    }
    lines.append("matrix product \(linearAlgebra)")
    for rank in byRank {
      lines.append("rank \(rank.rank) on \(rank.host), \(rank.instructionSet)")
      for node in rank.nodes { lines.append("  NUMA node \(node.number): CPUs \(list(node.cpus))") }
      for worker in rank.workers {
        let pin =
          worker.requestedCPU.map { "pinned to CPU \($0), kernel says \(list(worker.cpus))" }
          ?? "the calling thread, not pinned, CPUs \(list(worker.cpus))"
        lines.append("  worker \(worker.worker): \(pin)")
        if let note = worker.note { lines.append("    note: \(note)") }
      }
      lines.append(
        "  memory cap: \(rank.memoryCap.map { "\($0) bytes" } ?? "none, TESSERA_MEMORY_CAP sets one")"
      )
      for note in rank.notes { lines.append("  note: \(note)") }
      if let pages = rank.pages { lines.append("  pages of a fresh 64 MiB tensor: \(pages.text)") }
    }
    return lines.joined(separator: "\n")
  }

  private func list(_ numbers: [Int]) -> String {
    numbers.map(String.init).joined(separator: ",")
  }
}

extension RuntimeReport.Pages {
  fileprivate var text: String {
    if let note { return note }
    return pagesOfNode.sorted { $0.key < $1.key }
      .map { "\($0.value) of \(pageSize) bytes on node \($0.key)" }.joined(separator: ", ")
  }
}
