"""Logistic regression on few rows."""

import numpy as np

from . import case
from .noise import normal


def data():
    x = normal(6, 569, 30)
    return {"x": x, "y": (x @ normal(7, 30) + normal(8, 569) > 0).astype(float)}


def _operands(size):
    return {**data(), "steps": size}


def _numpy(x, y, steps):
    from scipy.special import expit

    def call():
        weights = np.zeros(30)
        for _ in range(steps):
            weights -= x.T @ (expit(x @ weights) - y) * (0.1 / len(y))
        return weights

    return call


def _jax(x, y, steps):
    import jax
    import jax.numpy as jnp
    from jax import lax

    def descend(x, y):
        step = lambda _, weights: weights - x.T @ (jax.nn.sigmoid(x @ weights) - y) * (0.1 / len(y))
        return lax.fori_loop(0, steps, step, jnp.zeros(30))

    return descend, [x, y]


@case("jobs/logistic")
class Logistic:
    """With the gradient by hand."""

    operands = _operands
    numpy = _numpy
    jax = _jax

    def torch(x, y, steps):
        import torch

        def call():
            weights = torch.zeros(30, dtype=torch.float64)
            for _ in range(steps):
                weights -= x.T @ (torch.sigmoid(x @ weights) - y) * (0.1 / len(y))
            return weights

        return call


@case("jobs/logistic-tape")
class LogisticTape:
    """With the gradient found by the library, where it finds gradients."""

    operands = _operands

    def torch(x, y, steps):
        import torch

        def call():
            with torch.enable_grad():
                weights = torch.zeros(30, dtype=torch.float64, requires_grad=True)
                optimizer = torch.optim.SGD([weights], lr=0.1)
                for _ in range(steps):
                    optimizer.zero_grad()
                    torch.nn.functional.binary_cross_entropy_with_logits(x @ weights, y).backward()
                    optimizer.step()
            return weights.detach()

        return call

    def jax(x, y, steps):
        import jax
        import jax.numpy as jnp
        from jax import lax

        def loss(weights, x, y):
            z = x @ weights
            return (jax.nn.softplus(z) - y * z).mean()

        def descend(x, y):
            step = lambda _, weights: weights - 0.1 * jax.grad(loss)(weights, x, y)
            return lax.fori_loop(0, steps, step, jnp.zeros(30))

        return descend, [x, y]
