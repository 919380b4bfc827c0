"""Expected tensors: what an operation gives, and how far from it a right answer may lie.

A value is either exact, so that every element has to be the same number, or a reference in NumPy's longdouble with
a bound for each element. Bounds come from the operations themselves: half a unit in the last place for what is
rounded once, 4 units for mathematical functions (docs/numerics.md), n half units of the sum of magnitudes for sums
of n terms in any order; errors of operands are carried on by the slopes of what follows.
"""

import numpy as np

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float32", "float64"]
NUMBERS = FLOATS + INTEGERS
TYPES = NUMBERS + ["bool"]

# Half the distance of 1 to the next number, and the least number above 0.
UNIT = {"float32": np.longdouble(2) ** -24, "float64": np.longdouble(2) ** -53}
LEAST = {"float32": np.longdouble(2) ** -149, "float64": np.longdouble(2) ** -1074}


class Reject(Exception):
    """This step is none that a program may have here; another one is drawn."""


def need(condition):
    if not condition:
        raise Reject


class Value:
    """What one variable of a program holds.

    Exact ones have `data` of the type itself; `signs` says whether the signs of zeros are settled too. Others have
    `wide`, a reference, and `err`, a bound of the distance to it.
    """

    def __init__(self, scalar, data=None, wide=None, err=None, signs=True):
        self.scalar = scalar
        self.data = data
        self.exact = data is not None
        self._wide = wide
        self._err = err
        self.signs = signs and self.exact
        # True where it may lie as terms of a sum, one on each rank.
        self.terms = False
        self.id = None

    @property
    def shape(self):
        return self.data.shape if self.exact else self._wide.shape

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def size(self):
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def wide(self):
        return self.data.astype(np.longdouble) if self.exact else self._wide

    @property
    def err(self):
        return np.zeros(self.shape, np.longdouble) if self.exact else self._err

    @property
    def is_float(self):
        return self.scalar in FLOATS

    @property
    def is_integer(self):
        return self.scalar in INTEGERS

    @property
    def is_finite(self):
        return not self.is_float or bool(np.isfinite(self.wide).all())

    def like(self, function, scalar=None):
        """The value of a movement, which does to errors what it does to numbers."""
        if self.exact:
            return Value(self.scalar, np.array(function(self.data), order="C"), signs=self.signs)
        return Value(
            self.scalar, wide=np.array(function(self.wide), order="C"),
            err=np.array(function(self.err), order="C"))


def exact(data, signs=True):
    data = np.asarray(data)
    scalar = data.dtype.name
    assert scalar in TYPES, scalar
    return Value(scalar, data, signs=signs)


def approximate(scalar, wide, err, operand_err=0):
    """A float value within `err` of a reference; infinite and NaN only where operands have no errors."""
    wide = np.asarray(wide, np.longdouble)
    err = np.broadcast_to(np.asarray(err, np.longdouble), wide.shape).copy()
    operand_err = np.broadcast_to(np.asarray(operand_err, np.longdouble), wide.shape)
    most = np.longdouble(np.finfo(scalar).max)
    over = np.isfinite(wide) & (np.abs(wide) > most * np.longdouble(0.999))
    # On the edge of what the type holds a right answer may be infinite or not.
    need(not (over & (np.abs(wide) < most * np.longdouble(1.001))).any())
    need(not (over & (operand_err > 0)).any())
    wide = np.where(over, np.copysign(np.longdouble(np.inf), wide), wide)
    special = ~np.isfinite(wide)
    need(not (special & (operand_err > 0)).any())
    err = np.where(special, 0, err)
    need(np.isfinite(err).all())
    # Too vague to find a fault by.
    need((err <= 1e-3 * np.maximum(np.abs(np.where(special, 1, wide)), 1)).all())
    return Value(scalar, wide=wide, err=err)


def rounded(scalar, wide, propagated, operand_err=0, units=1):
    """The same for what is computed within some half units in the last place."""
    magnitude = np.where(np.isfinite(wide), np.abs(wide), 0) + propagated
    own = units * UNIT[scalar] * magnitude * np.longdouble(1.001) + units * LEAST[scalar]
    return approximate(scalar, wide, propagated + own, operand_err)


def times(a, b):
    """a · b, where 0 wins over infinity: no error stays none."""
    with np.errstate(all="ignore"):
        return np.where((a == 0) | (b == 0), 0, a * b)


def sums_exactly(scalar, magnitudes, axes=None):
    """Whether numbers with these magnitudes add up without rounding, in any order."""
    if magnitudes.size == 0:
        return True
    if not np.isfinite(magnitudes).all():
        return False
    total = np.max(np.sum(magnitudes, axis=axes)) if axes is not None else np.sum(magnitudes)
    for shift in (0, 3, 6, 12, 24):
        scaled = magnitudes * np.longdouble(2) ** shift
        if (scaled == np.floor(scaled)).all():
            return bool(total * np.longdouble(2) ** shift < np.longdouble(1) / UNIT[scalar])
    return False
