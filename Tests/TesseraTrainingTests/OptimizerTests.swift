import Execution
import Foundation
import Tessera
import TesseraTraining
import TestSupport
import Testing

/// Optimizers against their formulas in plain loops, on any placement.
@Suite struct OptimizerTests {
  private static let count = 7

  /// What each of five steps gives for gradients that change from step to step.
  private static func steps(
    _ placement: Placement, _ update: (Parameter<Double>, Tensor<Double>) -> Void
  ) -> [[Double]] {
    let start = Tensor<Double>.randn([count, 3], key: Key(1), sharding: placement)
    let parameter = Parameter(start)
    return (0..<5).map { step in
      update(parameter, Tensor<Double>.randn([count, 3], key: Key(UInt64(10 + step))))
      return parameter.value.scalars
    }
  }

  private static func plain(
    _ update: (_ step: Int, _ x: Double, _ state: inout [Double], _ gradient: Double) -> Double
  ) -> [[Double]] {
    onOneRank { _ in
      var x = Tensor<Double>.randn([count, 3], key: Key(1)).scalars
      var state = [[Double]](repeating: [0, 0], count: x.count)
      return (0..<5).map { step in
        let gradients = Tensor<Double>.randn([count, 3], key: Key(UInt64(10 + step))).scalars
        for index in x.indices {
          x[index] = update(step + 1, x[index], &state[index], gradients[index])
        }
        return x
      }
    }
  }

  private static func differ(_ a: [[Double]], _ b: [[Double]]) -> Double {
    zip(a.joined(), b.joined()).map { abs($0 - $1) / (1 + abs($1)) }.max()!
  }

  @Test(arguments: [1, 2, 3, 8]) func adam(ranks: Int) throws {
    let expected = Self.plain { step, x, state, gradient in
      state[0] = 0.8 * state[0] + 0.2 * gradient
      state[1] = 0.95 * state[1] + 0.05 * gradient * gradient
      let mean = state[0] / (1 - pow(0.8, Double(step)))
      let square = state[1] / (1 - pow(0.95, Double(step)))
      return x - 0.01 * mean / (square.squareRoot() + 1e-6)
    }
    for placement in [Placement.replicated, .sharded(axis: 0), .sharded(axis: 1)] {
      let results = try onLoopbackRanks(ranks) { _ in
        let optimizer = Adam(learningRate: 0.01, beta1: 0.8, beta2: 0.95, epsilon: 1e-6)
        return Self.steps(placement) { optimizer.update([$0], along: [$1]) }
      }
      for result in results { #expect(Self.differ(result, expected) < 1e-13) }
    }
  }

  @Test(arguments: [0, 0.9]) func gradientDescent(momentum: Double) throws {
    let expected = Self.plain { _, x, state, gradient in
      state[0] = momentum * state[0] + gradient
      return x - 0.1 * state[0]
    }
    for placement in [Placement.replicated, .sharded(axis: 0)] {
      let results = try onLoopbackRanks(3) { _ in
        let optimizer = SGD(learningRate: 0.1, momentum: momentum)
        return Self.steps(placement) { optimizer.update([$0], along: [$1]) }
      }
      for result in results { #expect(Self.differ(result, expected) < 1e-14) }
    }
  }

  /// Values and state stay where they are, and nothing is allocated.
  @Test func stepsTakeNoMemory() {
    onOneRank(workers: 2) { runtime in
      let parameter = Parameter(Tensor<Float>.randn([300, 400], key: Key(1)))
      let gradient = Tensor<Float>.randn([300, 400], key: Key(2))
      let optimizer = Adam()
      optimizer.update([parameter], along: [gradient])
      let identifier = parameter.value.storageIdentifier
      let before = runtime.arena.statistics.allocations
      for _ in 0..<3 { optimizer.update([parameter], along: [gradient]) }
      #expect(runtime.arena.statistics.allocations == before)
      #expect(parameter.value.storageIdentifier == identifier)
      #expect(parameter.moves == 0)
    }
  }

  @Test func ratesThatAreSetLaterAreChecked() async {
    await #expect(processExitsWith: .exitCode(1)) { Adam().learningRate = -1 }
    await #expect(processExitsWith: .exitCode(1)) { SGD(learningRate: 0.1).learningRate = .nan }
  }

  /// A tensor that was read from a parameter and waits keeps the old values.
  @Test func whatWaitsSeesTheValuesBefore() {
    onOneRank(deferringFrom: 0) { _ in
      let parameter = Parameter(Tensor<Double>.ones([100]))
      let doubled = parameter.value * 2
      SGD(learningRate: 1).update([parameter], along: [Tensor<Double>.ones([100])])
      #expect(doubled.scalars.allSatisfy { $0 == 2 })
      #expect(parameter.value.scalars.allSatisfy { $0 == 0 })
    }
  }
}
