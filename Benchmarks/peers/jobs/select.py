"""Numbers of one array or another."""

import numpy as np

from . import case
from .shared.noise import uniform


@case("jobs/select")
class Select:
    def operands(size):
        return {"x": uniform(1, size), "y": uniform(26, size)}

    def numpy(x, y):
        return lambda: np.where(x > 0.5, x, -y)

    def torch(x, y):
        import torch

        return lambda: torch.where(x > 0.5, x, -y)

    def jax(x, y):
        import jax.numpy as jnp

        return lambda x, y: jnp.where(x > 0.5, x, -y), [x, y]
