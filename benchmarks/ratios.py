"""Medians, ratios and exponents."""

import math
from statistics import median


def pairwise_ratios(numerators, denominators):
    """Median, smallest and largest of the ratios pair by pair."""
    ratios = [a / b for a, b in zip(numerators, denominators, strict=True)]
    return {"median": median(ratios), "smallest": min(ratios), "largest": max(ratios)}


def exponent(x, y):
    """Slope of log y over log x by least squares, or NaN for fewer than two points."""
    points = [(math.log(a), math.log(b)) for a, b in zip(x, y, strict=True) if a > 0 and b > 0]
    if len(points) < 2:
        return math.nan
    mean_x, mean_y = (sum(column) / len(points) for column in zip(*points, strict=True))
    return sum((a - mean_x) * (b - mean_y) for a, b in points) / sum(
        (a - mean_x) ** 2 for a, _ in points
    )
