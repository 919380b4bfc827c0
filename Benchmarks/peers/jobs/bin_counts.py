"""How often integers appear."""

import numpy as np

from . import case
from .shared.noise import integers


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
