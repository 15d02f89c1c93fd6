#!/usr/bin/env python3
"""Prints tails_reference.csv: tails of the binomial distribution, by another road than the program's.

Needs mpmath (`apt-get install python3-mpmath`, `pip install mpmath`). Whole counts are summed term by term in 60
digits; counts that are not whole are taken by mpmath's hypergeometric form of the incomplete beta function. Where scipy is
installed, its `betainc` is compared too, and a difference stops the script.
"""
import mpmath as mp

mp.mp.dps = 60

CASES = [(k, n, 0.0001) for n, ks in {
    500: (0, 1, 3), 1_000: (1, 2, 3), 5_000: (0, 4, 5), 6_100: (0, 2, 6), 10_000: (1, 5, 6), 29_956: (0, 3, 11), 50_000: (2, 13, 14),
    100_000: (3, 10, 21, 22), 500_000: (30, 50, 73, 74), 5_000_000: (400, 500, 570, 571, 900), 41_200_000: (3_104, 4_120, 4_500),
    1_000_000_000: (99_000, 100_000, 101_000),
}.items() for k in ks]
CASES += [(k, n, p) for p in (0.001, 0.05, 0.3) for k, n in ((0, 40), (1, 40), (3, 1_000), (40, 1_000), (310, 1_000))]
# Divided by a dispersion.
CASES += [(k / phi, n / phi, 0.0001) for k, n, phi in (
    (400, 4_161_729, 1.657), (513, 2_040_702, 203.2), (370, 1_424_121, 1.427), (2, 7_270, 1.079), (979, 10_140_815, 1.197), (1, 90_000, 17.5))]


def beta_tail(a, b, x):
    """I(x; a, b) by the hypergeometric series of DLMF 8.17.7 from the smaller side."""
    a, b, x = map(mp.mpf, (a, b, x))
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_tail(b, a, 1 - x)
    log_front = a * mp.log(x) + b * mp.log1p(-x) - mp.log(a) - (mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b))
    term = total = mp.mpf(1)
    m = 0
    # I = x^a (1-x)^b / (a B) * sum of (a+b)_m / (a+1)_m x^m, DLMF 8.17.8
    while term > total * mp.mpf(10) ** -55:
        term *= (a + b + m) / (a + 1 + m) * x
        total += term
        m += 1
    return mp.exp(log_front) * total


def whole_tail(k, n, p):
    """P(X >= k), P(X <= k) by summing outwards from k."""
    p = mp.mpf(p)
    at_k = mp.exp(mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1) + k * mp.log(p) + (n - k) * mp.log1p(-p))
    def outwards(step):
        total = term = at_k
        j = k
        while 0 <= j + step <= n and term > total * mp.mpf(10) ** -40:
            term *= (n - j) * p / ((j + 1) * (1 - p)) if step > 0 else j * (1 - p) / ((n - j + 1) * p)
            j += step
            total += term
        return total
    above, below = outwards(1), outwards(-1)
    # A sum that starts before the mode stops early if its terms first grow: take it from the other side then.
    mean = n * p
    return (1 - below + at_k if k < mean else above), (1 - above + at_k if k > mean else below)


def main():
    print("# k, n, p, P(X >= k), P(X <= k); written by tails_reference.py")
    for k, n, p in CASES:
        if k == int(k) and n == int(n):
            above, below = whole_tail(int(k), int(n), p)
        else:
            above, below = beta_tail(k, n - k + 1, p), 1 - beta_tail(k + 1, n - k, p)
        try:
            from scipy.special import betainc
            for ours, theirs in ((above, betainc(k, n - k + 1, p) if k else 1.0), (below, betainc(n - k, k + 1, 1 - p))):
                assert abs(float(ours) - theirs) < 1e-8 * max(theirs, 1e-12), (k, n, p, float(ours), theirs)
        except ImportError:
            pass
        print(f"{k!r},{n!r},{p!r},{float(above)!r},{float(below)!r}")


main()
