"""A program under construction: its lines, and what each of its variables holds."""

import random

import numpy as np

from values import FLOATS, INTEGERS, TYPES, Reject, Value, exact, need


def hex_of(array):
    """The bytes of the elements, least significant first."""
    array = np.asarray(array, order="C")
    return array.astype(array.dtype.newbyteorder("<")).tobytes().hex() or "-"


def text_of(numbers):
    return ",".join(str(int(n)) for n in numbers) or "-"


class Program:
    def __init__(self, seed):
        self.seed = seed
        self.random = random.Random(seed)
        self.numbers = np.random.Generator(np.random.PCG64(seed))
        self.lines = []
        self.live = []
        self.count = 0
        # Most programs are small; some have more elements than a deferred or vectorised pass has at least.
        self.is_large = self.random.random() < 0.04

    # Variables

    def name(self, value):
        value.id = self.count
        self.count += 1
        self.live.append(value)
        return value

    def emit(self, operation, operands, results, consumed=(), **parameters):
        """Adds a line; `consumed` operands cannot be used any more, so that they are changed in place."""
        # What is linear is done to each of the terms of a partial tensor: 0 · ∞ is NaN then, where the sum would give
        # ∞. That is how it is meant to be (docs/numerics.md).
        has_terms = operation not in ("redistributed", "stored") and any(v.terms for v in operands)
        if has_terms:
            need(all(v.is_finite for v in operands) and all(v.is_finite for v in results))
        for value in results:
            value.terms = value.terms or has_terms
            self.name(value)
        words = [text_of(v.id for v in results), operation, text_of(v.id for v in operands)]
        words += [f"{key}={word}" for key, word in parameters.items()]
        if consumed:
            words.append("consuming=" + text_of(v.id for v in consumed))
            self.live = [v for v in self.live if all(v is not c for c in consumed)]
        self.lines.append(" ".join(words))
        return results[0]

    def state(self):
        return list(self.lines), list(self.live), self.count

    def restore(self, state):
        self.lines, self.live, self.count = state

    def pick(self, condition=lambda value: True):
        """Some variable, later ones rather than earlier ones."""
        found = [v for v in self.live if condition(v)]
        need(found)
        return found[-1 - int(len(found) * self.random.random() ** 2)]

    def chance(self, probability):
        return self.random.random() < probability

    # Leaves

    def extent(self):
        if self.is_large and self.chance(0.2):
            return self.random.choice([1000, 4099, 16384])
        return self.random.choice([0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8])

    def shape(self, least=0):
        count = self.random.choice([0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4])
        shape = [self.extent() for _ in range(max(count, least))]
        while np.prod(shape, dtype=np.int64) > 40_000:
            shape[int(np.argmax(shape))] //= 4
        return tuple(shape)

    def placement(self, shape, scalar):
        kind = self.random.random()
        if kind < 0.3 or not shape and kind < 0.85:
            return "replicated"
        if kind < 0.65 and shape:
            return f"sharded:{self.random.randrange(len(shape))}"
        if kind < 0.85 and shape:
            return f"uneven:{self.random.randrange(len(shape))}"
        return "partial" if scalar != "bool" else "replicated"

    def leaf(self, scalar=None, shape=None, data=None):
        scalar = scalar or self.scalar()
        shape = self.shape() if shape is None else tuple(shape)
        if data is None:
            data = self.data(scalar, shape)
        value = exact(np.array(data.reshape(shape), order="C"))
        placement = self.placement(shape, scalar)
        # Zeros of the other ranks are added to the terms of a partial one.
        value.signs = placement != "partial"
        value.terms = placement == "partial"
        return self.emit(
            "leaf", [], [value], type=scalar, shape=text_of(shape), placement=placement,
            values=hex_of(value.data))

    def scalar(self):
        return self.random.choices(
            TYPES, [8, 7, 1, 1, 4, 5, 2, 1, 1, 2, 3])[0]

    def data(self, scalar, shape):
        draw, count = self.numbers, int(np.prod(shape, dtype=np.int64))
        if scalar == "bool":
            return draw.random(count) < self.random.choice([0.1, 0.5, 0.5, 0.9])
        if scalar in INTEGERS:
            info = np.iinfo(scalar)
            kind = self.random.random()
            if kind < 0.7:
                low = max(-9, info.min)
                return draw.integers(low, 10, count).astype(scalar)
            if kind < 0.9:
                return draw.integers(info.min, info.max, count, dtype=scalar, endpoint=True)
            ends = np.array(
                [info.min, info.max, 0, 1, info.max - 1, info.min + 1, info.max // 2], scalar)
            return draw.choice(ends, count)
        kind = self.random.random()
        if kind < 0.35:
            data = draw.integers(-64, 65, count) / 8
        elif kind < 0.5:
            data = draw.integers(-3, 4, count).astype(float)
        elif kind < 0.75:
            data = draw.standard_normal(count) * self.random.choice([1, 1, 3, 0.25])
        elif kind < 0.82:
            data = draw.uniform(0.1, 4, count)
        elif kind < 0.88:
            data = np.exp(draw.normal(0, 8, count)) * draw.choice([-1, 1], count)
        elif kind < 0.92:
            data = 10_000 + draw.standard_normal(count)
        else:
            info = np.finfo(scalar)
            ends = np.array(
                [np.nan, np.inf, -np.inf, 0, -0.0, 1, -1, 0.5, 2.5, -1.5, 3, info.tiny,
                 info.smallest_subnormal, info.max, -info.max, 1e-3])
            data = draw.choice(ends, count)
        with np.errstate(over="ignore"):
            return data.astype(scalar)

    def number(self, scalar):
        """A number as an operand, and its word."""
        data = self.data(scalar, (1,))
        if self.chance(0.7) and scalar != "bool":
            data = np.array([self.random.choice([0, 1, 2, 3, 5])], scalar)
        return exact(data.reshape(())), hex_of(data)

    # The end

    def distort(self):
        """Makes one expectation wrong, by little: what runs the program must find it."""
        for value in self.live:
            if not value.exact:
                found = np.argwhere(np.isfinite(value.wide))
                if len(found):
                    place = tuple(found[0])
                    value._wide = value.wide.copy()
                    value._wide[place] += 3 * value.err[place] + 2.0**-1060
                    return True
            elif value.size:
                data = value.data.copy()
                first = data.reshape(-1)[:1]
                if value.scalar == "bool":
                    first[0] = not first[0]
                else:
                    if first[0] != first[0]:
                        continue
                    first.view(f"u{data.dtype.itemsize}")[0] ^= 1
                value.data = data
                return True
        return False

    def text(self):
        threshold = self.random.choice(["small", "small", "usual", "large"])
        taped = int(self.random.random() < 0.2)
        lines = [f"program {self.seed} threshold={threshold} taped={taped}"] + self.lines
        for value in self.live:
            words = ["check", str(value.id), value.scalar, text_of(value.shape)]
            if value.exact:
                words += ["signs" if value.signs else "numbers", hex_of(value.data)]
            else:
                with np.errstate(all="ignore"):
                    wide = value.wide.astype(np.float64)
                    # What the reference loses as Double.
                    err = value.err + np.where(np.isfinite(wide), np.abs(wide), 0) * 2.0**-53
                    err = (err * np.longdouble(1.001)).astype(np.float64) + 2.0**-1070
                words += ["bounds", hex_of(wide), hex_of(err)]
            lines.append(" ".join(words))
        lines.append("end")
        return "\n".join(lines)
