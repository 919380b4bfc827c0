"""Lasso."""

import numpy as np

from . import case
from .noise import normal


def _operands(rows, columns):
    x = normal(9, rows, columns)
    return {"x": x, "y": x[:, ::10].sum(axis=1) + 0.5 * normal(10, rows)}


def _shrink(x, y, weights, sign, clip):
    for _ in range(10):
        moved = weights - x.T @ (x @ weights - y) * (0.2 / len(y))
        weights = sign(moved) * clip(abs(moved) - 0.02)
    return weights


@case("jobs/lasso")
class Lasso:
    def operands(size):
        return _operands(size, 200)

    def numpy(x, y):
        return lambda: _shrink(x, y, np.zeros(200), np.sign, lambda a: np.maximum(a, 0))

    def torch(x, y):
        import torch

        return lambda: _shrink(x, y, torch.zeros(200, dtype=torch.float64), torch.sign, torch.relu)

    def jax(x, y):
        import jax
        import jax.numpy as jnp

        return lambda x, y: _shrink(x, y, jnp.zeros(200), jnp.sign, jax.nn.relu), [x, y]


def _descend(columns, squares, rest, rounds, penalty):
    """Numbers of Python are faster than arrays without axes."""
    weights = [0.0] * len(squares)
    for _ in range(rounds):
        for index, (column, square) in enumerate(zip(columns, squares)):
            along = float(column @ rest) + square * weights[index]
            moved = max(abs(along) - penalty, 0) * (1 if along > 0 else -1) / square
            rest -= column * (moved - weights[index])
            weights[index] = moved
    return weights


@case("jobs/lasso-descent")
class LassoDescent:
    def operands(size):
        return {**_operands(442, 10), "rounds": size}

    def numpy(x, y, rounds):
        def call():
            columns = list(np.ascontiguousarray(x.T))
            return np.array(_descend(columns, (x * x).sum(0).tolist(), y.copy(), rounds, 44.2))

        return call

    def torch(x, y, rounds):
        import torch

        def call():
            columns = x.T.contiguous().unbind()
            return torch.tensor(_descend(columns, (x * x).sum(0).tolist(), y.clone(), rounds, 44.2))

        return call

    def jax(x, y, rounds):
        import jax.numpy as jnp
        from jax import lax

        def descend(x, y):
            columns, squares = x.T, (x * x).sum(0)

            def step(number, state):
                weights, rest = state
                index = number % 10
                along = columns[index] @ rest + squares[index] * weights[index]
                moved = jnp.sign(along) * jnp.maximum(abs(along) - 44.2, 0) / squares[index]
                rest = rest - columns[index] * (moved - weights[index])
                return weights.at[index].set(moved), rest

            return lax.fori_loop(0, 10 * rounds, step, (jnp.zeros(10), y))[0]

        return descend, [x, y]
