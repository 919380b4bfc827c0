"""How often numbers appear."""

import numpy as np

from . import case
from .noise import integers, uniform


@case("jobs/bin-counts")
class BinCounts:
    def operands(size):
        return {"x": integers(4, size, 256)}

    def numpy(x):
        return lambda: np.bincount(x, minlength=256)

    def torch(x):
        import torch

        return lambda: torch.bincount(x, minlength=256)

    def jax(x):
        import jax.numpy as jnp

        return lambda x: jnp.bincount(x, length=256), [x]


@case("jobs/histogram")
class Histogram:
    def operands(size):
        return {"x": uniform(1, size, dtype=np.float32)}

    def numpy(x):
        return lambda: np.histogram(x, 100, (0, 1))[0]

    def torch(x):
        import torch

        return lambda: torch.histc(x, 100, 0, 1)

    def jax(x):
        import jax.numpy as jnp

        return lambda x: jnp.histogram(x, 100, (0, 1))[0], [x]
