#!/usr/bin/env python3
"""How often an organisation is ever called High or Raised in 40 mornings: docs/statistics.md by another road.

    verdicts.py [ORGANISATIONS] [SEED]

Needs numpy and scipy. The rule is written anew from its definition in docs/statistics.md, with scipy's incomplete gamma
functions; the mailboxes are drawn and followed otherwise than by the program's own simulation. Nothing reads what this prints:
it is held against the table by eye.
"""
import sys

import numpy
from scipy.special import gammaincc, gammaln

ORGANISATIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
random = numpy.random.default_rng(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
EXPECTED, DAYS, WAVE = 1e-4, 40, 5


def rates(spread, shape):
    if spread == "equal":
        return numpy.ones(shape)
    kind, figure = spread
    if kind == "gamma":
        return random.gamma(figure, 1 / figure, shape)
    return numpy.exp(random.normal(-figure * figure / 2, figure, shape))


def dispersion(failed, attempted):
    mailboxes, k, n = (attempted > 0).sum(1), failed.sum(1), attempted.sum(1)
    squares = ((failed - (k / numpy.maximum(n, 1))[:, None] * attempted) ** 2).sum(1)
    phi = mailboxes / numpy.maximum(mailboxes - 1, 1) * squares / numpy.maximum(k, 1)
    return numpy.where((mailboxes >= 10) & (k > 0), numpy.maximum(1, phi), 1), mailboxes, k, n


def log_evidence(k, mean):
    """Of more than expected. Where the upper gamma function is lost in rounding, there is none to speak of."""
    a, x = k + 1, mean + 1
    upper = gammaincc(a, x)
    return numpy.where(upper > 1e-300, x + numpy.log(numpy.maximum(upper, 1e-300)) + gammaln(a) - a * numpy.log(x), -1.0)


def forty_mornings(spread, course, mailboxes, times):
    shape = (ORGANISATIONS, mailboxes)
    items = numpy.exp(random.normal(numpy.log(8000) - 0.5, 1, shape)).round()
    left = random.binomial(items.astype(int), numpy.minimum(rates(spread, shape) * EXPECTED * times, 1))
    start = random.integers(0, 30, shape)
    failed, high, raised = numpy.zeros(shape), [], []
    for day in range(DAYS):
        if course == "steadily":
            share, attempted = 1 / (DAYS - day), numpy.floor(items * (day + 1) / DAYS)
        else:
            done, before = numpy.clip(day - start + 1, 0, WAVE), numpy.clip(day - start, 0, WAVE)
            share, attempted = numpy.where(done > before, 1 / numpy.maximum(WAVE - before, 1), 0), numpy.floor(items * done / WAVE)
        new = random.binomial(left, share)
        left, failed = left - new, failed + new
        phi, seen, k, n = dispersion(failed, attempted)
        mean = n * EXPECTED
        evidence = log_evidence(k / phi, mean / phi)
        enough = (seen >= 10) & (k >= 5)
        high.append(enough & (evidence >= numpy.log(1000)) & (k >= 1.5 * mean))
        raised.append(enough & (evidence >= numpy.log(20)) & (k >= 1.2 * mean) & ~high[-1])
    high, raised = numpy.array(high), numpy.array(raised)
    first = numpy.where(high.any(0), high.argmax(0) + 1, DAYS + 1)
    return 100 * high.any(0).mean(), 100 * raised.any(0).mean(), int(numpy.median(first))


for spread in ("equal", ("gamma", 2.0), ("gamma", 0.5), ("log-normal", 1.5)):
    for course in ("steadily", "in waves"):
        for mailboxes, times in ((12, 1), (30, 1), (100, 1), (30, 3), (100, 2), (100, 3), (100, 5)):
            high, raised, morning = forty_mornings(spread, course, mailboxes, times)
            print(f"{spread} {course} {mailboxes} mailboxes × {times}: high {high:.2f}%, raised {raised:.1f}%, half by {morning}", flush=True)
