import Records

/// What a case computes and moves at least, for the roofline.
struct Work {
  var operations: Double
  var bytes: Double

  var intensity: Double { operations / bytes }

  /// Nil where nothing is computed, or where it is not counted in operations.
  ///
  /// A function such as exp counts as one operation.
  init?(_ record: Record) {
    let size = Double(record.size)
    let perElement: (operations: Double, floats: Double)
    switch record.name {
    case "elementwise/add", "elementwise/add-in-place", "elementwise/add-into": perElement = (1, 3)
    case "elementwise/broadcast": perElement = (1, 1)
    case "elementwise/exp": perElement = (1, 2)
    case "elementwise/chain": perElement = (5, 3)
    case "training/sgd": perElement = (2, 3)
    // Two running means, a root, a quotient.
    case "training/adam": perElement = (12, 7)
    case "training/step":
      // Of the perceptron in cases.md: weights are read on both ways and for the update and
      // written, gradients written and read; of a row some 9000 numbers are.
      let (parameters, products) = (1_863_690.0, 4_782_080.0)
      self.init(operations: 2 * products * size, bytes: 4 * (6 * parameters + 9000 * size))
      return
    case let name where name.hasPrefix("reduction/"): perElement = (1, 1)
    case "matmul/float32", "matmul/float64":
      // Of `size` rows, so that an element of the result takes 2 · size operations.
      let floats = record.name.hasSuffix("64") ? 6.0 : 3.0
      self.init(operations: 2 * size * size * size, bytes: 4 * floats * size * size)
      return
    default: return nil
    }
    self.init(operations: perElement.operations * size, bytes: 4 * perElement.floats * size)
  }

  private init(operations: Double, bytes: Double) {
    self.operations = operations
    self.bytes = bytes
  }
}
