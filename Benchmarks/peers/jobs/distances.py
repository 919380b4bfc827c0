"""Distances of all points of one set from all of another."""

import numpy as np

from . import case
from .shared.noise import normal


@case("jobs/distances")
class Distances:
    def operands(size):
        return {"p": normal(13, size, 16, dtype=np.float32), "q": normal(14, size, 16, dtype=np.float32)}

    def numpy(p, q):
        from scipy.spatial.distance import cdist

        return lambda: cdist(p, q)

    def torch(p, q):
        import torch

        return lambda: torch.cdist(p, q)

    def jax(p, q):
        import jax.numpy as jnp

        return lambda p, q: jnp.sqrt(((p[:, None] - q) ** 2).sum(axis=2)), [p, q]
