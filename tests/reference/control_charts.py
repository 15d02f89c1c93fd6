#!/usr/bin/env python3
"""Writes control_charts.csv beside itself: Laney p' charts of random series, by another road than the program's.

    python3 tests/reference/control_charts.py

Needs numpy and scipy. The recipe is that of docs/statistics.md, in arrays instead of loops: moving ranges by numpy.diff, the
rules by windows over whole arrays (as NHSRplotthedots words them), the binomial's limits by scipy's quantile function.
Series differ in length, size, spread (below and above the binomial's), level, zeros and gaps. The seed is fixed.
"""
import datetime
import pathlib

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.stats import binom

SEED = 20261122
SERIES = 72
FIRST_DAY = datetime.date(2026, 9, 1)


def chart(failed, attempted, target):
    """sigma_z, lower, upper, and a column for each rule: 1 above or rising, -1 below or falling, 0 neither."""
    rate = failed / attempted
    weighty = attempted * target >= 1
    binomial = np.sqrt(target * (1 - target) / attempted)

    sigma_z = 1.0
    x, n = failed[weighty], attempted[weighty]
    if len(x) >= 2 and 0 < x.sum() < n.sum():
        mean = x.sum() / n.sum()
        ranges = np.abs(np.diff((x / n - mean) / np.sqrt(mean * (1 - mean) / n)))
        kept = ranges[ranges <= 3.267 * ranges.mean()]
        sigma_z = kept.mean() / 1.128 if kept.mean() > 0 else 1.0
    sigma_z = max(sigma_z, 1.0)

    spread = 3 * sigma_z * binomial
    upper = target + spread
    few = attempted * target < 5
    # The least count that chance exceeds at most 135 times in 100,000.
    exact = binom.isf(0.00135, attempted, target) / attempted
    upper = np.where(few, np.maximum(upper, exact), upper)
    lower = target - spread
    near_upper, near_lower = target + 2 / 3 * (upper - target), target + 2 / 3 * (lower - target)
    upper, lower = np.minimum(upper, 1), np.maximum(lower, 0)

    outside = np.where(rate > upper, 1, np.where(rate < lower, -1, 0))
    side = np.sign(rate - target).astype(int)
    close = ((rate > near_upper) | (rate < near_lower)) & (outside == 0)

    def rule(flags):
        column = np.zeros(len(rate), int)
        column[weighty] = flags
        return column

    def windows(values, length):
        return sliding_window_view(values, length) if len(values) >= length else np.empty((0, length), int)

    def spread_out(found, length):
        """A window's sign, at each of its points; where windows differ the later one counts."""
        flags = np.zeros(weighty.sum(), int)
        for start, sign in enumerate(found):
            if sign:
                flags[start:start + length] = sign
        return flags

    steps = windows(np.sign(np.diff(rate[weighty])).astype(int), 6)
    trend = rule(spread_out(np.where((steps == 1).all(1), 1, np.where((steps == -1).all(1), -1, 0)), 7))
    sevens = windows(side[weighty], 7)
    seven = rule(spread_out(np.where((sevens == 1).all(1), 1, np.where((sevens == -1).all(1), -1, 0)), 7))
    threes, closes = windows(side[weighty], 3), windows(close[weighty].astype(int), 3)
    pairs = closes.sum(1) >= 2
    found = np.where(pairs & (threes == 1).all(1), 1, np.where(pairs & (threes == -1).all(1), -1, 0))
    near = rule(spread_out(found, 3) * close[weighty])
    return sigma_z, lower, upper, outside, trend, near, seven


def series(random):
    """Days with failed and attempted items, some without a report and some without an attempted item."""
    days = int(random.choice([3, 5, 8, 11, 12, 13, 20, 30, 45, 60]))
    target = float(random.choice([0.0001, 0.0001, 0.0001, 0.001, 0.02]))
    size = float(random.choice([2, 6, 10, 60, 900])) / target
    attempted = np.maximum(1, random.lognormal(np.log(size), random.choice([0.05, 0.4, 1.0]), days)).astype(int)
    level = target * float(random.choice([0.0, 0.3, 1.0, 1.0, 1.0, 1.3, 3.0]))
    drift = np.linspace(1, random.choice([1, 1, 1, 3, 0.2]), days)
    kind = random.choice(["binomial", "clustered", "even"])
    probability = np.clip(level * drift, 0, 0.9)
    if kind == "clustered":
        probability = np.clip(probability * random.gamma(1.5, 1 / 1.5, days), 0, 0.9)
    failed = np.round(attempted * probability).astype(int) if kind == "even" else random.binomial(attempted, probability)
    attempted[random.random(days) < random.choice([0.0, 0.1])] = 0
    failed = np.where(attempted == 0, 0, failed)
    reported = random.random(days) >= random.choice([0.0, 0.15])
    dates = [FIRST_DAY + datetime.timedelta(days=day) for day in range(days)]
    return target, [(dates[day], int(failed[day]), int(attempted[day])) for day in range(days) if reported[day]]


def main():
    random = np.random.default_rng(SEED)
    lines = ["# series,expected,date,failed,attempted,sigma_z,lower,upper,outside,trend,near,seven; written by control_charts.py"]
    written = 0
    while written < SERIES:
        target, days = series(random)
        points = [day for day in days if day[2] > 0]
        if len(points) < 3 or sorted(day[2] for day in points)[len(points) // 2] * target < 5:
            continue
        failed, attempted = np.array([day[1] for day in points]), np.array([day[2] for day in points])
        sigma_z, *columns = chart(failed, attempted, target)
        rows = iter(zip(*columns))
        for date, x, n in days:
            figures = [repr(float(sigma_z)), *(repr(column.item()) for column in next(rows))] if n else [""] * 7
            lines.append(",".join([str(written), repr(target), str(date), str(x), str(n), *figures]))
        written += 1
    pathlib.Path(__file__).with_suffix(".csv").write_text("\n".join(lines) + "\n")


main()
