"""Writes random programs whose last variable has derivatives: gradients.py FIRST-SEED COUNT.

They are made of the steps of generate.py that have slopes, on tensors of Double, and stay away from points where a
slope jumps and from places where a function is steep. Tests/Trials compares their gradients, and the gradients of
those, with differences.
"""

import sys
import warnings

import numpy as np

import elementwise
import movement
import reductions
from program import Program
from values import Reject, need

STEPS = [
    (12, elementwise.unary), (10, elementwise.binary), (6, elementwise.with_number), (4, elementwise.update),
    (2, elementwise.select), (2, elementwise.clamped), (3, elementwise.ternary), (5, reductions.sums), (2, reductions.product),
    (3, reductions.extremes), (3, reductions.log_sum_exp), (3, reductions.cumulative), (3, reductions.orders),
    (5, reductions.products), (4, movement.redistributed), (3, movement.reshaped), (2, movement.permuted),
    (2, movement.expanded), (2, movement.flipped), (2, movement.rolled), (2, movement.repeated),
    (2, movement.padded), (3, movement.concatenated), (2, movement.stacked), (2, movement.split),
    (2, movement.matrices), (2, movement.diff), (6, movement.indexed), (7, movement.assigned),
    (5, movement.taking)]
WEIGHTS = [weight for weight, _ in STEPS]

# Where each function of one operand is neither undefined nor steep.
DOMAINS = {
    "log": (0.3, 30), "log2": (0.3, 30), "log10": (0.3, 30), "sqrt": (0.3, 30), "rsqrt": (0.3, 30),
    "log1p": (-0.6, 30), "acosh": (1.3, 30), "atanh": (-0.8, 0.8), "asin": (-0.8, 0.8),
    "acos": (-0.8, 0.8), "exp": (-5, 2.5), "expm1": (-5, 2.5), "sinh": (-3, 3), "cosh": (-3, 3),
    "square": (-5, 5)}
JUMPS = {"abs": 0.0, "relu": 0.0, "sign": 0.0, "reciprocal": 0.0}
STEPPED = ("floor", "ceil", "round", "trunc")
ORDERED = ("sorted", "topK", "min", "max")
MARGIN = 0.04


class GradientProgram(Program):
    def __init__(self, seed):
        super().__init__(seed)
        self.is_large = False

    def scalar(self):
        return "float64"

    def data(self, scalar, shape):
        if scalar != "float64":
            return super().data(scalar, shape)
        count = int(np.prod(shape, dtype=np.int64))
        kind = self.random.random()
        if kind < 0.5:
            return self.numbers.uniform(0.35, 2, count)
        signs = self.numbers.choice([-1, 1], count)
        return self.numbers.uniform(0.1, 1.5, count) * signs

    def leaf(self, *arguments, **keywords):
        value = super().leaf(*arguments, **keywords)
        value.depends = value.scalar == "float64"
        return value

    def emit(self, operation, operands, results, consumed=(), **parameters):
        if operation != "leaf":
            self.need_smooth(operation, operands, results, parameters)
        result = super().emit(operation, operands, results, consumed, **parameters)
        for value in results:
            value.depends = value.scalar == "float64" and any(v.depends for v in operands)
        return result

    def need_smooth(self, operation, operands, results, parameters):
        """Rejects what lies near a jump of a slope, or where differences would say little."""
        need(results[0].scalar == "float64")
        for value in results[:1]:
            need(value.is_finite and (abs(value.wide) < 50).all())
        function = parameters.get("function", operation)
        x = operands[0].wide if operands[0].scalar == "float64" else None
        other = results[0].wide
        if len(operands) > 1 and operands[1].scalar == "float64":
            other = operands[1].wide
        elif "number" in parameters:
            other = np.frombuffer(bytes.fromhex(parameters["number"]), np.float64)[0]
        is_left = parameters.get("side") == "left"
        a, b = (other, x) if is_left else (x, other)
        if function in DOMAINS:
            low, high = DOMAINS[function]
            need(((x > low) & (x < high)).all())
        elif function in JUMPS:
            need((abs(x) > MARGIN * (5 if function == "reciprocal" else 1)).all())
        elif function in STEPPED:
            need((abs(2 * x - np.rint(2 * x)) > 2 * MARGIN).all())
        elif function == "tan":
            need((abs(np.cos(x)) > 0.4).all())
        elif function in ORDERED:
            need((np.diff(np.sort(x.ravel())) > MARGIN / 4).all())
        elif operation == "clamped":
            bounds = [np.frombuffer(bytes.fromhex(parameters[k]), np.float64)[0] for k in ("low", "high")]
            need(all((abs(x - bound) > MARGIN).all() for bound in bounds))
        elif operation == "clampedBetween":
            a, b, c = np.broadcast_arrays(*(value.wide for value in operands))
            need(all((abs(d) > MARGIN).all() for d in (a - b, a - c, b - c)))
        elif operation in ("assign",) and function != "set":
            pass
        elif function in ("minimum", "maximum"):
            need((abs(a - b) > MARGIN).all())
        elif function == "divide":
            need((abs(b) > 0.3).all())
        elif function == "remainder":
            need((abs(b) > 0.3).all())
            quotient = a / b
            need((abs(quotient - np.rint(quotient)) > MARGIN).all() and (abs(quotient) < 20).all())
        elif function == "power":
            need((np.asarray(a) > 0.3).all() and (np.abs(b) < 4).all())
        elif function in ("atan2", "hypot"):
            need((np.hypot(a, b) > 0.5).all())
            need(function == "hypot" or ((b > 0.1) | (abs(a) > 0.1)).all())
        elif function == "norm" or function == "standardDeviation":
            need((results[0].wide > 0.3).all())
        elif function == "product":
            need((abs(x) > 0.05).all() or x.size < 30)

    def output(self):
        found = [v for v in self.live if v.scalar == "float64" and v.depends and v.size]
        need(found)
        threshold = self.random.choice(["small", "small", "usual", "large"])
        lines = [f"program {self.seed} threshold={threshold} taped=0"] + self.lines
        return "\n".join(lines + [f"output {found[-1].id}", "end"])


def program(seed):
    for attempt in range(100):
        p = GradientProgram(seed + attempt * 10**9)
        p.seed = seed
        steps = p.random.choice([2, 4, 6, 10])
        p.leaf()
        tries = 0
        while steps > 0 and tries < 400:
            tries += 1
            step = p.random.choices(STEPS, WEIGHTS)[0][1]
            before = p.state()
            try:
                step(p)
                steps -= 1
            except Reject:
                p.restore(before)
        try:
            return p.output()
        except Reject:
            continue
    raise RuntimeError(f"no program from seed {seed}")


def main():
    first, count = map(int, sys.argv[1:])
    warnings.simplefilter("ignore")
    for seed in range(first, first + count):
        try:
            print(program(seed))
        except Exception:
            print(f"gradients.py: seed {seed}", file=sys.stderr)
            raise


if __name__ == "__main__":
    main()
