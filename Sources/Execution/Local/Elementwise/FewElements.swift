import CKernels
import Shapes

extension HostExecutor {
  /// Computes elements that one chain gives and one worker takes, where each block has them one
  /// after another or has a single one: the chain runs on the blocks themselves, as to prepare a
  /// pass would take longer than the elements. False for others, and nothing has been done.
  ///
  /// - Parameter others: contiguous blocks for the values that the program stores besides the last.
  func evaluateFew(
    _ elements: Elements, into target: StridedBlock, storing others: [StridedBlock],
    storesEarly: Bool
  ) -> Bool {
    let count = target.elementCount
    guard count <= Self.elementsPerTask, elements.program.resultType == target.type,
      target.isContiguous,
      elements.blocks.allSatisfy({
        $0.isContiguous && $0.elementCount == count
          || $0.elementCount == 1 && $0.storage !== target.storage
      })
    else { return false }
    let outline = ProgramOutline.recent(elements.program, storesEarly: storesEarly)
    guard let chain = outline.whole else { return false }
    let constants = elements.constants
    withUnsafeTemporaryAllocation(of: tk_link.self, capacity: chain.links.count) { links in
      withUnsafeTemporaryAllocation(of: UInt64.self, capacity: max(1, constants.count)) { bits in
        _ = links.initialize(fromContentsOf: chain.links)
        for (link, value) in chain.inputs {
          switch elements.program.instructions[value] {
          case .operand(let number):
            let block = elements.blocks[number]
            links[link].source = block.elementCount == 1 ? TK_VALUE : TK_RUN
            links[link].place = block.base
          case .constant(let number):
            bits.initializeElement(at: number, to: constants[number].bits)
            links[link].source = TK_VALUE
            links[link].place = UnsafeMutableRawPointer(bits.baseAddress! + number)
          case .apply: preconditionFailure("a chain that computes all values")
          }
        }
        for (position, (link, value)) in chain.outputs.enumerated() {
          let place =
            position == 0
            ? target : others[outline.stored.firstIndex { $0.value == value }!]
          links[link].place = place.base
        }
        let isDone = tk_chain(chain.type, links.baseAddress!, chain.links.count, count)
        precondition(isDone, "a chain of at most \(TK_CHAIN_LINKS) links")
      }
    }
    return true
  }
}
