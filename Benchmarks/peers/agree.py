"""Shows that the libraries do the same in the suite `jobs`: `python agree.py` compares what they give for small operands.

Names each case with the libraries that have it; the status is 1 where two differ, or where a difference is not found.
"""

import importlib
import sys

import numpy

import jobs

# Operands are squares, or products of their size with another, in cases that are small here.
SMALL = {"jobs/top-k-rows": 31, "jobs/scan": 3, "jobs/heat": 53, "jobs/life": 53, "jobs/distances": 53}
STEPS = {"jobs/logistic": 3, "jobs/logistic-tape": 3, "jobs/perceptron": 3, "jobs/lasso-descent": 3, "jobs/ptychography": 2}
SIZES = {**SMALL, **STEPS}


def numbers(result):
    """All numbers of a result, in one row."""
    if isinstance(result, (list, tuple)):
        return numpy.concatenate([numbers(part) for part in result])
    return numpy.asarray(result, dtype=float).ravel()


def results(name):
    """What each library gives."""
    size = SIZES.get(name, 210)
    given = {}
    if call := jobs.make("numpy", name, size):
        given["numpy"] = numbers(call())
    if "torch" in libraries and (call := jobs.make("torch", name, size, libraries["torch"].from_numpy)):
        given["torch"] = numbers(call())
    if "jax" in libraries and (made := jobs.make("jax", name, size, libraries["jax"].numpy.asarray)):
        given["jax"] = numbers(libraries["jax"].jit(made[0])(*made[1]))
    return given


def agree(first, second):
    return first.shape == second.shape and numpy.allclose(first, second, rtol=1e-5, atol=1e-6)


libraries = {}
for library in ("torch", "jax"):
    try:
        libraries[library] = importlib.import_module(library)
    except ImportError:
        print(f"without {library}")
if "torch" in libraries:
    libraries["torch"].set_grad_enabled(False)
if "jax" in libraries:
    importlib.import_module("jax.numpy")
    libraries["jax"].config.update("jax_platforms", "cpu")
    libraries["jax"].config.update("jax_enable_x64", True)

faults = 0
for name in jobs.CASES:
    given = results(name)
    if not given:
        print(name, "in none of these libraries")
        continue
    (first, expected), *others = given.items()
    wrong = [library for library, given in others if not agree(given, expected)]
    spoiled = expected.copy()
    spoiled[-1] = 2 * spoiled[-1] + 1000
    if agree(spoiled, expected):
        wrong.append("a spoiled result, which passes")
    print(name, first, *(library for library, _ in others), *(f"WRONG: {library}" for library in wrong))
    faults += len(wrong)
sys.exit(faults > 0)
