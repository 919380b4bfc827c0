import Tessera

extension Case {
  /// Logistic regression on 569 rows of 30 numbers, with the gradient written by hand. The size is
  /// the number of steps.
  static func logistic(_ scale: Scale) -> Case {
    regression("jobs/logistic", scale) { data, steps in
      let (x, y) = (data.x, data.y)
      var weights = Tensor<Double>.zeros([30])
      for _ in 0..<steps {
        let error = sigmoid(matmul(x, weights)) - y
        weights -= matmul(x.transposed(), error) * (LogisticData.rate / Double(LogisticData.rows))
      }
      return weights
    }
  }
}
