"""Rows that belong to one of two classes."""

from .noise import normal


def data():
    x = normal(6, 569, 30)
    return {"x": x, "y": (x @ normal(7, 30) + normal(8, 569) > 0).astype(float)}
