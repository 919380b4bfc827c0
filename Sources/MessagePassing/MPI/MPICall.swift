import CMPI
import Shapes

/// The one place that looks at return codes: `call` throws unless the code is `MPI_SUCCESS`.
func call(_ function: String, _ code: Int32) throws(TransportFailure) {
  if code != MPI_SUCCESS { throw .local(.ofMPI(function, code)) }
}

extension TensorError {
  static func ofMPI(_ function: String, _ code: Int32) -> TensorError {
    var text = [CChar](repeating: 0, count: Int(MPI_MAX_ERROR_STRING) + 1)
    var length: Int32 = 0
    let known = MPI_Error_string(code, &text, &length) == MPI_SUCCESS
    let name = known ? string(text, length) : "code \(code)"
    return TensorError(
      function, given: "the MPI error \(name) of \(function)", expected: "success")
  }
}

/// The first `length` characters of what an MPI function wrote.
func string(_ characters: [CChar], _ length: Int32) -> String {
  String(decoding: characters.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
