import Tessera
import TesseraTraining

extension Case {
  /// Logistic regression as `logistic` has it, with a tape and an optimizer.
  static func logisticTape(_ scale: Scale) -> Case {
    regression("jobs/logistic-tape", scale) { data, steps in
      let (x, y) = (data.x, data.y)
      let weights = Parameter<Double>(.zeros([30]))
      let optimizer = SGD(learningRate: LogisticData.rate)
      for _ in 0..<steps {
        let tape = GradientTape()
        let loss = tape.record {
          let z = matmul(x, weights.value)
          return (softplus(z) - y * z).mean()
        }
        optimizer.update([weights], along: tape.gradients(of: loss, at: [weights]))
      }
      return weights.value
    }
  }
}
