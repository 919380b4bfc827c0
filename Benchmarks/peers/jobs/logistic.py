"""Logistic regression on few rows, with the gradient by hand."""

import numpy as np

from . import case
from .shared.logistic import data


@case("jobs/logistic")
class Logistic:
    def operands(size):
        return {**data(), "steps": size}

    def numpy(x, y, steps):
        from scipy.special import expit

        def call():
            weights = np.zeros(30)
            for _ in range(steps):
                weights -= x.T @ (expit(x @ weights) - y) * (0.1 / len(y))
            return weights

        return call

    def torch(x, y, steps):
        import torch

        def call():
            weights = torch.zeros(30, dtype=torch.float64)
            for _ in range(steps):
                weights -= x.T @ (torch.sigmoid(x @ weights) - y) * (0.1 / len(y))
            return weights

        return call

    def jax(x, y, steps):
        import jax
        import jax.numpy as jnp
        from jax import lax

        def descend(x, y):
            step = lambda _, weights: weights - x.T @ (jax.nn.sigmoid(x @ weights) - y) * (0.1 / len(y))
            return lax.fori_loop(0, steps, step, jnp.zeros(30))

        return descend, [x, y]
