import Execution
import Foundation
import MessagePassing
import Tessera
import TestSupport
import Testing

/// Errors on the way back over a tape, thrown: what has been in use goes back, and later work goes
/// on. `ToldErrorTests` has those of one rank of several.
@Suite struct PullbackErrorTests {
  private static let mebibyte = 1 << 20

  private func onOneRank<R>(
    deferringFrom count: Int = Runtime.leastDeferredElementCount, _ body: (Runtime) throws -> R
  ) rethrows -> R {
    let runtime = Runtime(loopback: Communicator.loopback(1)[0], deferringFrom: count)
    return try runtime.makeCurrent { try body(runtime) }
  }

  /// A loss of tensors of 2 MiB, by way of operations that wait and others that do not, broadcast
  /// and composed ones.
  private static func loss(_ x: Tensor<Float>, _ w: Tensor<Float>) -> Tensor<Float> {
    let y = tanh(matmul(x, w) * 0.01 + x[0])
    return (y.softmax(axis: 1) * y.clamped(to: -0.5...0.5)).sum() + x.norm() + y[.all, 1..<9].max()
  }

  @Test(arguments: [0, Int.max]) func wherever(deferringFrom count: Int) throws {
    try onOneRank(deferringFrom: count) { _ in
      let x = Tensor<Float>.randn([768, 768], key: Key(1))
      let w = Tensor<Float>.randn([768, 768], key: Key(2))
      let parameter = Parameter(w)
      for operand in [x, w, parameter.value] { _ = operand.storageIdentifier }
      func tape(of w: Tensor<Float>) -> (GradientTape, Tensor<Float>) {
        let tape = GradientTape(persistent: true)
        tape.watch(x)
        tape.watch(w)
        let loss = tape.record { Self.loss(x, w) }
        _ = loss.storageIdentifier
        return (tape, loss)
      }
      let (expectedX, expectedW): ([Float], [Float]) = {
        let (tape, loss) = tape(of: w)
        let gradients = tape.gradients(of: loss, at: [x, w])
        return (gradients[0].scalars, gradients[1].scalars)
      }()
      var failures = 0
      for room in 0..<40 {
        let (ofTensors, loss) = tape(of: w)
        let (ofParameter, other) = tape(of: parameter.value)
        // Its gradient has a place of its own from the first time on.
        _ = parameter.gradient.storageIdentifier
        Memory.trim()
        let before = Memory.statistics.inUse
        Memory.cap = Memory.statistics.reserved + room * 2 * Self.mebibyte
        var errors: [TensorError] = []
        do throws(TensorError) {
          _ = try ofTensors.derivatives(of: loss, at: [x, w])
        } catch {
          errors.append(error)
        }
        #expect(Memory.statistics.inUse == before, "room \(room)")
        do throws(TensorError) {
          _ = try ofParameter.derivatives(of: other, at: [parameter])
        } catch {
          errors.append(error)
        }
        #expect(Memory.statistics.inUse == before, "room \(room)")
        for error in errors {
          #expect(error.operation.hasPrefix("allocate"), "\(error)")
          failures += 1
        }
        Memory.cap = nil
        // The same computation succeeds now.
        let gradients = try ofTensors.derivatives(of: loss, at: [x, w])
        #expect(gradients[0].scalars == expectedX && gradients[1].scalars == expectedW)
        let gradient = try ofParameter.derivatives(of: other, at: [parameter])[0]
        #expect(gradient.scalars == expectedW)
        if errors.isEmpty { break }
        #expect(room < 39, "never enough room")
      }
      #expect(failures > 4)
    }
  }

  @Test func evaluationThrowsWhereOperationsDo() {
    onOneRank(deferringFrom: 0) { _ in
      let x = Tensor<Float>.ones([1024, 1024])
      _ = x.storageIdentifier
      Memory.trim()
      Memory.cap = Memory.statistics.reserved
      let before = Memory.statistics.inUse
      do {
        let y = x + 1
        for _ in 0..<2 {
          let error = #expect(throws: TensorError.self) {
            _ = try Tessera.Operation.concatenate(axis: 0).apply(to: [y, y])
          }
          #expect(error?.operation == "allocate for add")
          let lack = #expect(throws: TensorError.self) { _ = try y.body.block }
          #expect(lack?.operation == "allocate for add")
        }
        // What is made of it has its error at once.
        let z = #expect(throws: TensorError.self) {
          _ = try Tessera.Operation.binary(.multiply).apply(to: [y, x])
        }
        #expect(z?.operation == "allocate for add")
      }
      #expect(Memory.statistics.inUse == before)
      Memory.cap = nil
      #expect((x + 1).scalars.allSatisfy { $0 == 2 })
    }
  }

  @Test func mistakesOfPullbacksAreThrown() {
    onOneRank { _ in
      let x = Tensor<Double>([1, 2, 3, 4, 5, 6], shape: [2, 3])
      let tape = GradientTape()
      tape.watch(x)
      let value = tape.record {
        Tensor<Double>.applying(Careless(), x.transposed().body).sum()
      }
      let error = #expect(throws: TensorError.self) {
        _ = try tape.derivatives(of: value, at: [x])
      }
      #expect(error?.operation == "pullback of careless")
      #expect(error?.given == "a look at the value of operand 0, which no tape has kept")
    }
  }
}

/// Reads what it does not name.
private struct Careless: Primitive {
  var name: String { "careless" }

  func hashOptions(into hash: inout StableHash) {}

  func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Unary(.negate).plan(operands)
  }

  func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    try Unary(.negate).compute(operands, plan, on: runtime)
  }

  func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [context.value(of: 0)]
  }
}
