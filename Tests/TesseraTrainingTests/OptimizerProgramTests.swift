import Execution
import Tessera
import TesseraTraining
import TestSupport
import Testing

/// The steps of an optimizer are one program, whatever their factors are.
@Suite struct OptimizerProgramTests {
  private func step(_ adam: Adam, _ number: Int, _ shape: Shape = [3]) -> Elements {
    var elements = Elements()
    let values = (0..<4).map { _ in
      elements.operand(orEnd { () throws(TensorError) in try Tensor<Float>.ones(shape).body.block })
    }
    adam.step(number, &elements, values)
    return elements
  }

  @Test func stepsOfAdamDifferInConstantsAlone() {
    onOneRank { _ in
      let adam = Adam()
      let first = step(adam, 1)
      adam.learningRate = 0.5
      // Factors that are equal by chance change nothing.
      for other in [
        step(adam, 2), step(adam, 1000, [7, 2]), step(Adam(beta1: 0.5, beta2: 0.5), 1),
      ] {
        #expect(other.constants != first.constants)
        #expect(other.program == first.program)
        #expect(other.program.hashValue == first.program.hashValue)
      }
    }
  }
}
