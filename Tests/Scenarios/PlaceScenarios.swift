import Foundation
import Tessera

/// Programs that fail at a line which the message must name: the one with `// fails:` and the
/// scenario's name.
enum PlaceScenarios {
  static let failing =
    [
      place("operator") { x in
        let shorter = x.shape.count > 0 ? x[..<2] : x
        print(shorter + x)  // fails: operator
      },
      place("helper") { x in
        let y = x.exp()
        print(centred(y, x[..<2]))
      },
      place("generic") { x in
        print(sumOfPairs([x, x[..<2]]))
      },
      place("closure") { x in
        let sums = [2, 5].map { count in
          (x + x[..<count]).sum()  // fails: closure
        }
        print(sums.count)
      },
      place("recorded") { x in
        let tape = GradientTape()
        let loss = tape.record {
          matmul(x.reshaped(1, 5), x[..<4].reshaped(4, 1)).sum()  // fails: recorded
        }
        print(loss)
      },
      place("gradient") { x in
        let slope = gradient(of: { (y: Tensor<Float>) in
          (y * y[..<3]).sum()  // fails: gradient
        })
        print(slope(x))
      },
      place("assignment") { x in
        var y = x
        y[1..<3] = x  // fails: assignment
        print(y)
      },
      place("addition") { x in
        var y = x
        y[1..<3] += x  // fails: addition
        print(y)
      },
      place("position") { x in
        var y = x
        y[5] = 1  // fails: position
        print(y)
      },
      place("literal") { _ in
        let ragged: Tensor<Float> = [[1, 2], [3]]  // fails: literal
        print(ragged)
      },
      place("method") { x in
        print(Scaled(factor: x[..<3])(x))
      },
      place("waiting") { _ in
        let large = Tensor<Float>.ones([1 << 20])
        let waiting = large * 2
        Memory.cap = Memory.statistics.inUse + (1 << 20)
        print(waiting.shape)
        print(waiting.storageIdentifier)  // fails: waiting
        print(large)
      },
      place("thread") { x in
        Thread.detachNewThread {
          print(x + x[..<2])  // fails: thread
        }
        sleep(60)
      },
      place("task") { x in
        Task.detached { await add(x) }
        sleep(60)
      },
      place("thrown") { x in
        Job.run {
          print(try Operation.reduce(.sum, axes: [3]).apply(to: [x]))  // fails: thrown
        }
      },
      place("own") { x in
        Job.run {
          guard x.shape == [4] else {
            throw TensorError("own", given: "\(x.shape)", expected: "[4]")  // fails: own
          }
        }
      },
      place("foreign") { _ in
        Job.run {  // fails: foreign
          throw CancellationError()
        }
      },
    ]

  private static func place(
    _ name: String, _ program: @escaping @Sendable (Tensor<Float>) throws -> Void
  ) -> Scenario {
    Scenario("place-\(name)", "an error whose message names its line") {
      _ throws(TensorError) in
      let x = Tensor<Float>.arange(5, sharding: .sharded(axis: 0))
      do { try program(x) } catch { fatalError("\(error)") }
    }
  }

  @inline(__always)
  private static func centred(_ x: Tensor<Float>, _ mean: Tensor<Float>) -> Tensor<Float> {
    let scaled = x * 2
    return scaled - mean  // fails: helper
  }

  private static func sumOfPairs<S: FloatingPointTensorScalar>(
    _ tensors: [Tensor<S>]
  ) -> Tensor<S> {
    zip(tensors, tensors.dropFirst()).reduce(tensors[0]) { sum, pair in
      sum + pair.0 * pair.1  // fails: generic
    }
  }

  private struct Scaled<S: FloatingPointTensorScalar> {
    var factor: Tensor<S>

    func callAsFunction(_ x: Tensor<S>) -> Tensor<S> {
      let y = x.tanh()
      return factor * y  // fails: method
    }
  }

  private static func add(_ x: Tensor<Float>) async {
    await Task.yield()
    print(x + x[..<2])  // fails: task
  }
}
