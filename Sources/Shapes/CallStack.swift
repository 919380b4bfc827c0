import Foundation

/// The calls that led to a place, innermost first, as the addresses to which they return.
///
/// Taking it costs some microseconds; what the addresses mean is looked up when somebody asks.
package struct CallStack: Sendable {
  let returnAddresses: [UInt]

  /// The calls that led here.
  package init() {
    // By unwinding tables, which all code has; a walk along frame pointers would read what other
    // compilers put there.
    returnAddresses = Thread.callStackReturnAddresses.map(\.uintValue)
  }
}
