import Execution
import Foundation
import Tessera
import TesseraIO

// The operations of programs that every scalar type has.

extension Tensor {
  func performAny(_ step: Step, _ environment: inout Environment) throws -> [any AnyTensor]? {
    if let result = try shaped(step) ?? arranged(step, environment) ?? summed(step) {
      return result
    }
    switch step.name {
    case "equal", "notEqual":
      let isEqual = step.name == "equal"
      if step.has("number") {
        let number: Scalar = try step.scalar("number")
        if try step.word("side") == "left" { return [isEqual ? number .== self : number .!= self] }
        return [isEqual ? self .== number : self .!= number]
      }
      let other: Tensor = try environment.operand(step, 1)
      return [isEqual ? self .== other : self .!= other]
    case "converted":
      func to<S: TensorScalar>(_ type: S.Type) -> any AnyTensor { converted(to: type) }
      return [try withScalar(named: step.word("type")) { to($0) }]
    case "redistributed": return [redistributed(to: try step.target())]
    case "stored":
      // The folder is one that all ranks see.
      let path = NSTemporaryDirectory() + "/stored.npy"
      try write(npy: path)
      return [try Tensor(npy: path, sharding: try step.target())]
    case "nonZero": return [nonZero()]
    case "index":
      let terms = try terms(step.word("terms"), environment)
      return [try index(terms)]
    case "assign": return [try assigned(step, &environment)]
    case "taking":
      return [
        taking(
          try environment.operand(step, 1, as: Int64.self), axis: try step.integer("axis"))
      ]
    case "gathered":
      return [
        gathered(
          at: try environment.operand(step, 1, as: Int64.self), axis: try step.integer("axis"))
      ]
    case "scattering":
      return [
        scattering(
          try environment.operand(step, 1), at: try environment.operand(step, 2, as: Int64.self),
          axis: try step.integer("axis"))
      ]
    default: return nil
    }
  }

  private func shaped(_ step: Step) throws -> [any AnyTensor]? {
    switch step.name {
    case "reshaped": [reshaped(try step.shape())]
    case "flattened": [flattened()]
    case "expandingAxis": [expandingAxis(at: try step.integer("at"))]
    case "squeezed": [squeezed(axes: try step.axes())]
    case "transposed": [transposed()]
    case "permuted": [permuted(try step.integers("axes"))]
    case "expanded": [expanded(to: try step.shape())]
    case "flipped": [flipped(axes: Axes(try step.integers("axes")))]
    case "rolled": [rolled(by: try step.integer("by"), axis: try step.integer("axis"))]
    case "repeated": [repeated(try step.integer("count"), axis: try step.integer("axis"))]
    case "tiled": [tiled(try step.integers("counts"))]
    case "padded": [try padded(step)]
    case "diagonal": [diagonal(offset: try step.integer("offset"))]
    case "lower": [triangular(.lower, offset: try step.integer("offset"))]
    case "upper": [triangular(.upper, offset: try step.integer("offset"))]
    default: nil
    }
  }

  private func padded(_ step: Step) throws -> Tensor {
    let widths = try step.integers("widths")
    let pairs = Swift.stride(from: 0, to: widths.count, by: 2).map {
      (before: widths[$0], after: widths[$0 + 1])
    }
    return padded(pairs, with: try step.scalar("number"))
  }

  private func arranged(_ step: Step, _ environment: Environment) throws -> [any AnyTensor]? {
    switch step.name {
    case "concatenate", "stack":
      let parts: [Tensor] = try step.operands.indices.map { try environment.operand(step, $0) }
      let axis = try step.integer("axis")
      return [step.name == "stack" ? stack(parts, axis: axis) : concatenate(parts, axis: axis)]
    case "unstacked": return unstacked(axis: try step.integer("axis"))
    case "split":
      let axis = try step.integer("axis")
      return step.has("count")
        ? split(try step.integer("count"), axis: axis)
        : split(extents: try step.integers("extents"), axis: axis)
    default: return nil
    }
  }

  private func summed(_ step: Step) throws -> [any AnyTensor]? {
    let axes = try step.axes()
    let keep = step.has("keep") ? try step.flag("keep") : false
    switch (step.name, axes) {
    case ("sum", nil): return [sum()]
    case ("sum", let axes?):
      let words = step.has("result") ? try step.word("result").split(separator: ":") : []
      let placement: Placement? = words.count > 1 ? .sharded(axis: Int(words[1]) ?? 0) : nil
      return [sum(axes: axes, keepingAxes: keep, result: placement)]
    case ("cumulativeSum", _): return [cumulativeSum(axis: try step.integer("axis"))]
    default: return nil
    }
  }
}

extension Step {
  /// Where a tensor is to lie.
  fileprivate func target() throws -> Placement {
    let words = try word("to").split(separator: ":")
    return words.count > 1 ? .sharded(axis: Int(words[1]) ?? 0) : .replicated
  }
}

// MARK: Indices

/// A term that a program has put together, for the subscripts that users call.
private struct Term: TensorIndex {
  let indexTerm: IndexTerm
}

extension Tensor {
  fileprivate func terms(_ text: Substring, _ environment: Environment) throws -> [IndexTerm] {
    if text == "-" { return [] }
    return try text.split(separator: "|").map { term in
      let words = term.split(separator: ":", omittingEmptySubsequences: false)
      func bound(_ number: Int) throws -> Int? {
        if words[number] == "_" { return nil }
        guard let bound = Int(words[number]) else { throw Malformed("the term \(term)") }
        return bound
      }
      switch words[0] {
      case "n": return IndexTerm.expression(.newAxis)
      case "e": return .expression(.ellipsis)
      case "a": return .expression(.all)
      case "i": return (try bound(1) ?? 0).indexTerm
      case "s":
        return .expression(.stride(from: try bound(1), to: try bound(2), by: try bound(3) ?? 1))
      case "m", "p": return try environment.tensor(try bound(1) ?? -1).asTerm()
      default: throw Malformed("the term \(term)")
      }
    }
  }

  /// `x[terms] = value`, or with an operator: in place where the variable was consumed.
  fileprivate func assigned(_ step: Step, _ environment: inout Environment) throws -> Tensor {
    let terms = try terms(step.word("terms"), environment).map(Term.init)
    let value: Tensor
    if step.has("number") {
      value = Tensor(try step.scalar("number") as Scalar)
    } else if step.has("own") {
      value = try index(self.terms(step.word("own"), environment))
    } else {
      value = try environment.operand(step, 1)
    }
    var result = self
    let function = try step.word("function")
    func change(_ part: inout Tensor) throws {
      if function == "set" {
        part = value
      } else if let numeric = part as? any NumericTensor {
        part = try numeric.changed(by: function, value) as! Tensor
      }
    }
    switch terms.count {
    case 0 where function == "set": result[...] = value
    case 1 where function == "set": result[terms[0]] = value
    case 2 where function == "set": result[terms[0], terms[1]] = value
    case 3 where function == "set": result[terms[0], terms[1], terms[2]] = value
    case 1: try change(&result[terms[0]])
    case 2: try change(&result[terms[0], terms[1]])
    case 3: try change(&result[terms[0], terms[1], terms[2]])
    default:
      var part = try result.index(terms.map(\.indexTerm))
      try change(&part)
      try result.replace(terms.map(\.indexTerm), with: part)
    }
    return result
  }
}

extension NumericTensor {
  fileprivate func changed(by function: Substring, _ value: any AnyTensor) throws -> any AnyTensor {
    guard let own = self as? any Changeable else { throw Malformed("a change of \(Self.self)") }
    return try own.change(by: function, value)
  }
}

/// What `x[i] += y` and its like do to a part.
private protocol Changeable {
  func change(by function: Substring, _ value: any AnyTensor) throws -> any AnyTensor
}

extension Tensor: Changeable where Scalar: NumericTensorScalar {
  fileprivate func change(
    by function: Substring, _ value: any AnyTensor
  ) throws -> any AnyTensor {
    guard let value = value as? Tensor else { throw Malformed("a change by another type") }
    var part = self
    switch function {
    case "add": part += value
    case "subtract": part -= value
    case "multiply": part *= value
    default: throw Malformed("the function \(function)")
    }
    return part
  }
}
