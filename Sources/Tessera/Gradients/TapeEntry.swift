import Execution

/// An operation that a tape remembers: what came of what, by number, how to go back, and the values
/// that this takes.
struct TapeEntry {
  struct Operand {
    let identity: UInt64
    /// Whether the tape followed it when the operation was recorded.
    let isNeeded: Bool
    /// What it is, apart from its elements.
    fileprivate let outline: Outline
    /// Its value, if the pullback reads it.
    fileprivate let kept: Body?
  }

  let pullback: Pullback
  let operands: [Operand]
  /// The identity of the result.
  let result: UInt64
  private let keptResult: Body?

  /// - Parameter isNeeded: whether the cotangents of these operands will be asked for.
  init(_ pullback: Pullback, _ operands: [Body], _ result: Body, isNeeded: [Bool]) {
    let kept = pullback.kept(for: isNeeded)
    self.pullback = pullback
    self.operands = operands.enumerated().map { index, body in
      Operand(
        identity: body.identity, isNeeded: isNeeded[index], outline: body.outline,
        kept: kept.contains(operand: index) ? body : nil)
    }
    self.result = result.identity
    keptResult = kept.contains(.result) ? result : nil
  }

  /// The cotangents of the operands for that of the result; nil where there is none, or where it is
  /// not needed.
  func cotangents(for cotangent: Value) -> [Value?] {
    let recorder = Observation.isPossible ? PlanRecorder.current : nil
    let context = PullbackContext(
      operation: pullback.name, operands: operands.map(\.outline.description),
      isNeeded: operands.map(\.isNeeded), runtime: operands[0].outline.runtime,
      values: operands.map(\.kept), keptResult: keptResult,
      observer: recorder.map { _ in ReadValues() })
    let cotangents = pullback.cotangents(cotangent, context)
    if let recorder, let read = context.observer?.all {
      let run = PullbackRun(
        operation: pullback.fullName, isNeeded: context.isNeeded,
        kept: pullback.kept(for: context.isNeeded))
      recorder.append(run, read)
    }
    return cotangents
  }
}

/// How cotangents pass an operation.
enum Pullback {
  /// As a primitive says.
  case primitive(any Primitive)
  /// As several operations say that are remembered as one.
  case composed(String, kept: KeptValues, (Value, PullbackContext) -> [Value?])

  /// The operation as users call it.
  var name: String {
    switch self {
    case .primitive(let primitive): primitive.name
    case .composed(let name, _, _): name
    }
  }

  /// The same with the type that it belongs to.
  fileprivate var fullName: String {
    switch self {
    case .primitive(let primitive): "\(PlanRecorder.name(of: primitive)) \(name)"
    case .composed: "composed \(name)"
    }
  }

  fileprivate func kept(for isNeeded: [Bool]) -> KeptValues {
    switch self {
    case .primitive(let primitive): primitive.kept(for: isNeeded)
    case .composed(_, let kept, _): kept
    }
  }

  fileprivate func cotangents(_ cotangent: Value, _ context: PullbackContext) -> [Value?] {
    switch self {
    case .primitive(let primitive): primitive.pullback(cotangent, context)
    case .composed(_, _, let pullback): pullback(cotangent, context)
    }
  }
}
