"""Products of small matrices."""

import numpy as np

from . import case
from .shared.noise import normal


@case("jobs/small-products")
class SmallProducts:
    def operands(size):
        return {"x": normal(30, size, 8, 8, dtype=np.float32), "y": normal(31, size, 8, 8, dtype=np.float32)}

    def numpy(x, y):
        return lambda: x @ y

    def torch(x, y):
        return lambda: x @ y

    def jax(x, y):
        return lambda x, y: x @ y, [x, y]
