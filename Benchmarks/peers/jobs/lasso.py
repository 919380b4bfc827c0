"""Lasso by iterative shrinkage."""

import numpy as np

from . import case
from .shared.lasso import data


def _shrink(x, y, weights, sign, clip):
    for _ in range(10):
        moved = weights - x.T @ (x @ weights - y) * (0.2 / len(y))
        weights = sign(moved) * clip(abs(moved) - 0.02)
    return weights


@case("jobs/lasso")
class Lasso:
    def operands(size):
        return data(size, 200)

    def numpy(x, y):
        return lambda: _shrink(x, y, np.zeros(200), np.sign, lambda a: np.maximum(a, 0))

    def torch(x, y):
        import torch

        return lambda: _shrink(x, y, torch.zeros(200, dtype=torch.float64), torch.sign, torch.relu)

    def jax(x, y):
        import jax
        import jax.numpy as jnp

        return lambda x, y: _shrink(x, y, jnp.zeros(200), jnp.sign, jax.nn.relu), [x, y]
