"""A histogram."""

import numpy as np

from . import case
from .shared.noise import uniform


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
