"""Logistic regression on few rows, with the gradient found by the library, where it finds gradients."""

from . import case
from .shared.logistic import data


@case("jobs/logistic-tape")
class LogisticTape:
    def operands(size):
        return {**data(), "steps": size}

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
