"""A perceptron on few rows."""

import numpy as np

from . import case
from .shared.logistic import data


@case("jobs/perceptron")
class Perceptron:
    def operands(size):
        generator = np.random.default_rng(7)
        first = (generator.random((30, 16)) * 2 - 1) * (6 / 30) ** 0.5
        second = (generator.random((16, 1)) * 2 - 1) * (6 / 16) ** 0.5
        return {**data(), "first": first, "second": second, "steps": size}

    def numpy(x, y, first, second, steps):
        from scipy.special import expit

        y = y[:, None]

        def call():
            a, b, c, d = first.copy(), np.zeros(16), second.copy(), np.zeros(1)
            for _ in range(steps):
                units = np.tanh(x @ a + b)
                error = (expit(units @ c + d) - y) / len(y)
                back = error @ c.T * (1 - units * units)
                c -= 0.1 * (units.T @ error)
                d -= 0.1 * error.sum(0)
                a -= 0.1 * (x.T @ back)
                b -= 0.1 * back.sum(0)
            return a, b, c, d

        return call

    def torch(x, y, first, second, steps):
        import torch

        y = y[:, None]

        def call():
            with torch.enable_grad():
                starts = [first, torch.zeros(16).double(), second, torch.zeros(1).double()]
                a, b, c, d = parameters = [start.clone().requires_grad_() for start in starts]
                optimizer = torch.optim.SGD(parameters, lr=0.1)
                for _ in range(steps):
                    optimizer.zero_grad()
                    z = torch.addmm(d, torch.tanh(torch.addmm(b, x, a)), c)
                    torch.nn.functional.binary_cross_entropy_with_logits(z, y).backward()
                    optimizer.step()
            return [parameter.detach() for parameter in parameters]

        return call

    def jax(x, y, first, second, steps):
        import jax
        import jax.numpy as jnp
        from jax import lax

        def loss(parameters, x, y):
            a, b, c, d = parameters
            z = jnp.tanh(x @ a + b) @ c + d
            return (jax.nn.softplus(z) - y[:, None] * z).mean()

        def descend(x, y, first, second):
            def step(_, parameters):
                gradients = jax.grad(loss)(parameters, x, y)
                return jax.tree.map(lambda p, g: p - 0.1 * g, parameters, gradients)

            return lax.fori_loop(0, steps, step, (first, jnp.zeros(16), second, jnp.zeros(1)))

        return descend, [x, y, first, second]
