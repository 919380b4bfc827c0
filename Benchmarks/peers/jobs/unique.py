"""The different ones of numbers."""

import numpy as np

from . import case
from .shared.noise import integers


@case("jobs/unique")
class Unique:
    def operands(size):
        return {"x": integers(24, size, size // 20)}

    def numpy(x):
        return lambda: np.unique(x)

    def torch(x):
        return lambda: x.unique()
