import Foundation

/// The loss over the epochs as a drawing (SVG 1.1).
struct LossCurve {
  var losses: [Double]

  private static let size = (width: 720.0, height: 440.0)
  private static let margin = (left: 78.0, right: 24.0, top: 54.0, bottom: 60.0)

  private var plot: (width: Double, height: Double) {
    (
      Self.size.width - Self.margin.left - Self.margin.right,
      Self.size.height - Self.margin.top - Self.margin.bottom
    )
  }

  /// Steps of 1, 2 or 5 times a power of ten, about `count` of them up to `limit`.
  private static func step(_ limit: Double, count: Double) -> Double {
    let power = pow(10, (log10(limit / count)).rounded(.down))
    return [1.0, 2, 5, 10].map { $0 * power }.first { limit / $0 <= count } ?? 10 * power
  }

  private var lossStep: Double { Self.step(max(losses.max() ?? 1, 1e-12), count: 6) }
  private var top: Double {
    max((max(losses.max() ?? 1, 1e-12) / lossStep).rounded(.up), 1) * lossStep
  }

  private func x(_ epoch: Double) -> Double {
    let span = Double(max(losses.count - 1, 1))
    return Self.margin.left + plot.width * (losses.count == 1 ? 0.5 : (epoch - 1) / span)
  }

  private func y(_ loss: Double) -> Double {
    Self.margin.top + plot.height * (1 - loss / top)
  }

  var svg: String {
    let (width, height) = Self.size
    var lines = [
      #"<svg xmlns="http://www.w3.org/2000/svg" width="\#(Int(width))" height="\#(Int(height))" "#
        + #"viewBox="0 0 \#(Int(width)) \#(Int(height))" font-family="Helvetica, Arial, sans-serif">"#,
      ##"<rect width="100%" height="100%" fill="#ffffff"/>"##,
      text(Self.margin.left, 30, "Training loss", size: 18, anchor: "start", color: "#1b2733"),
    ]
    lines += lossAxis + epochAxis + curve
    lines.append("</svg>")
    return lines.joined(separator: "\n") + "\n"
  }

  private var lossAxis: [String] {
    let (left, right) = (Self.margin.left, Self.size.width - Self.margin.right)
    let decimals = max(0, Int((-log10(lossStep)).rounded(.up)))
    var lines: [String] = []
    for tick in 0...Int((top / lossStep).rounded()) {
      let loss = Double(tick) * lossStep
      let color = tick == 0 ? "#5b6773" : "#e3e8ed"
      lines.append(line(left, y(loss), right, y(loss), color))
      lines.append(
        text(left - 10, y(loss) + 4, String(format: "%.\(decimals)f", loss), anchor: "end"))
    }
    let middle = Self.margin.top + plot.height / 2
    lines.append(
      #"<g transform="translate(22 \#(number(middle))) rotate(-90)">"#
        + text(0, 0, "mean cross entropy (nats)", size: 13) + "</g>")
    return lines
  }

  private var epochAxis: [String] {
    let bottom = Self.size.height - Self.margin.bottom
    var lines = [line(Self.margin.left, Self.margin.top, Self.margin.left, bottom, "#5b6773")]
    let step = max(1, Int(Self.step(Double(losses.count), count: 10)))
    let ticks = [1] + stride(from: step, through: losses.count, by: step).filter { $0 > 1 }
    for epoch in ticks {
      lines.append(line(x(Double(epoch)), bottom, x(Double(epoch)), bottom + 5, "#5b6773"))
      lines.append(text(x(Double(epoch)), bottom + 20, "\(epoch)"))
    }
    lines.append(text(Self.margin.left + plot.width / 2, bottom + 44, "epoch", size: 13))
    return lines
  }

  private var curve: [String] {
    let points = losses.enumerated().map { (x(Double($0.offset + 1)), y($0.element)) }
    let path = points.map { "\(number($0.0)),\(number($0.1))" }.joined(separator: " ")
    var lines = [
      ##"<polyline points="\##(path)" fill="none" stroke="#1f6fb4" stroke-width="2" "##
        + #"stroke-linejoin="round" stroke-linecap="round"/>"#
    ]
    // Many dots would hide the line.
    if losses.count <= 60 {
      lines += points.map {
        ##"<circle cx="\##(number($0.0))" cy="\##(number($0.1))" r="3" fill="#1f6fb4"/>"##
      }
    }
    if let last = losses.last, let point = points.last {
      lines.append(
        text(
          point.0, point.1 - 10, String(format: "%.4f", last), size: 12, anchor: "end",
          color: "#1f6fb4"))
    }
    return lines
  }

  private func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ color: String
  ) -> String {
    #"<line x1="\#(number(x1))" y1="\#(number(y1))" x2="\#(number(x2))" y2="\#(number(y2))" "#
      + #"stroke="\#(color)" stroke-width="1"/>"#
  }

  private func text(
    _ x: Double, _ y: Double, _ content: String, size: Int = 12, anchor: String = "middle",
    color: String = "#3b4753"
  ) -> String {
    #"<text x="\#(number(x))" y="\#(number(y))" font-size="\#(size)" text-anchor="\#(anchor)" "#
      + #"fill="\#(color)">\#(content)</text>"#
  }

  private func number(_ value: Double) -> String { String(format: "%.1f", value) }
}
