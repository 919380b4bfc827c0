"""The suite `jobs` in other libraries: each case with the best call that a library has for it.

A module has one case, that of the file of the same name in Suites/Jobs; `shared` has what several need. A case is a
class: `operands(size)` makes arrays of NumPy and numbers, and `numpy`, `torch` and `jax` take them by their names and
return what is to be called. `jax` returns a function to compile and the arrays to call it with. A library that has
nothing like it has no function.
"""

import importlib
import pkgutil

CASES = {}


def case(name):
    """Declares a case."""

    def declare(declared):
        CASES[name] = declared
        return declared

    return declare


def make(library, name, size, convert=lambda array: array):
    """What `library` calls, its arrays made of those of NumPy by `convert`, or None."""
    function = getattr(CASES.get(name), library, None)
    if function is None:
        return None
    operands = CASES[name].operands(size).items()
    return function(**{key: convert(value) if hasattr(value, "dtype") else value for key, value in operands})


def functions(library, convert=lambda array: array):
    """What makes a call of a size, by the names of cases."""
    return {name: lambda size, name=name: make(library, name, size, convert) for name in CASES}


for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
