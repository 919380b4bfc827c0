"""Writes random programs with their results by NumPy: generate.py FIRST-SEED COUNT [--wrong].

Equal seeds give equal programs. A program is a line with its seed, a line for each step, a line for each variable
that is left at the end with what it must hold, and `end`; Tests/Trials reads them. With --wrong each expects one element
that is not right; those that have none are left out.
"""

import sys
import warnings

import elementwise
import movement
import reductions
from program import Program
from values import Reject

STEPS = movement.ALL + elementwise.ALL + reductions.ALL
WEIGHTS = [weight for weight, _ in STEPS]


def program(seed, is_wrong):
    p = Program(seed)
    steps = p.random.choice([4, 8, 12, 20])
    p.leaf()
    while steps > 0:
        step = p.random.choices(STEPS, WEIGHTS)[0][1]
        before = p.state()
        try:
            step(p)
            steps -= 1
        except Reject:
            # Leaves that the step had made for itself go with it.
            p.restore(before)
    return p.text() if not is_wrong or p.distort() else None


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--wrong"]
    first, count = map(int, arguments)
    warnings.simplefilter("ignore")
    for seed in range(first, first + count):
        try:
            text = program(seed, "--wrong" in sys.argv)
        except Exception:
            print(f"generate.py: seed {seed}", file=sys.stderr)
            raise
        if text:
            print(text)


if __name__ == "__main__":
    main()
