"""Lasso by coordinate descent."""

import numpy as np

from . import case
from .shared.lasso import data


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
        return {**data(442, 10), "rounds": size}

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
