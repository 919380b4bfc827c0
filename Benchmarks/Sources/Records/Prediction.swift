/// What the model expects of a case where it was not measured: an object of the JSON lines.
package struct Prediction: Codable {
  package enum Curve: String, Codable { case strong, weak }

  package var name: String
  package var size: Int
  package var ranks: Int
  package var workers: Int
  package var seconds: Double
  /// Always true: what tells these lines from those of records.
  package var predicted = true
  package var curve: Curve
  package var efficiency: Double?

  package init(
    _ name: String, size: Int, ranks: Int, workers: Int, seconds: Double, _ curve: Curve,
    efficiency: Double?
  ) {
    self.name = name
    self.size = size
    self.ranks = ranks
    self.workers = workers
    self.seconds = seconds
    self.curve = curve
    self.efficiency = efficiency
  }
}
