"""The numbers of Noise.swift."""

import numpy


def _bits(seed, count):
    x = numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(0x9E3779B1)
    x += numpy.uint32(seed * 0x85EBCA77 & 0xFFFFFFFF)
    x = (x ^ (x >> 16)) * numpy.uint32(0x7FEB352D)
    x = (x ^ (x >> 15)) * numpy.uint32(0x846CA68B)
    return x ^ (x >> 16)


def uniform(seed, *shape, dtype=float):
    return (_bits(seed, numpy.prod(shape)) / 2.0**32).astype(dtype).reshape(shape)


def normal(seed, *shape, dtype=float):
    sums = (_bits(seed, 4 * numpy.prod(shape)) / 2.0**32).reshape(-1, 4).sum(axis=1)
    return ((sums - 2) * 3**0.5).astype(dtype).reshape(shape)


def integers(seed, count, bound):
    return (_bits(seed, count) % bound).astype(numpy.int64)


def permutation(seed, count):
    return numpy.argsort(_bits(seed, count), kind="stable")
