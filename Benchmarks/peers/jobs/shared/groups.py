"""Numbers, and the group of each."""

from .noise import integers, uniform


def data(size):
    count = min(1000, size // 20)
    return {"x": uniform(1, size), "groups": integers(3, size, count), "count": count}
