#!/usr/bin/python3
"""Writes what SciPy says of a thousand random inputs, ties and tiny sides included, for
analysis/scipy_reference_test.cpp: needs Debian's python3-scipy (1.10), the build does not.

    scripts/scipy_reference.py > analysis/testdata/scipy_reference.txt

A line: kind | input | ... | results. Where SciPy has no function, the definition is computed in the
slowest, plainest way.
"""
import warnings

import numpy as np
from scipy import optimize, stats

random = np.random.default_rng(20240229)


def numbers(values):
    return " ".join(repr(float(v)) for v in np.atleast_1d(values))


def line(kind, *parts):
    print(kind, *(numbers(part) for part in parts), sep=" | ")


def sample(n, ties):
    values = random.lognormal(sigma=random.choice([0.01, 0.1, 1]), size=n)
    return np.round(values * 3) / 2 if ties else np.round(values, 5)


def has_ties(values):
    return len(np.unique(values)) < len(values)


def two_sides():
    n, m = (int(v) for v in random.integers(1, random.choice([4, 12, 45], 2) + 1))
    ties = random.random() < 0.4
    first, second = sample(n, ties), sample(m, ties)
    if random.random() < 0.5:
        second = np.round(second + random.choice([0.05, 0.5]), 5)
    exact = not has_ties(np.concatenate([first, second])) and n * m <= 1000
    result = stats.mannwhitneyu(second, first, method="exact" if exact else "asymptotic")
    p = 1.0 if np.isnan(result.pvalue) else result.pvalue
    differences = np.subtract.outer(second, first)
    line("two_sides", first, second, [result.statistic, p, exact, np.median(differences),
                                      np.sign(differences).mean()])


def paired():
    n = int(random.integers(1, random.choice([4, 12, 70]) + 1))
    grid = random.choice([1, 10, 100000])
    d = np.round(random.normal(0.3, 1, n) * grid) / grid
    kept = d[d != 0]
    exact = len(kept) == n and not has_ties(np.abs(d)) and n <= 50
    p = 1.0
    if len(kept):
        p = stats.wilcoxon(d, correction=True, mode="exact" if exact else "approx").pvalue
    positive = stats.rankdata(np.abs(kept))[kept > 0].sum()
    means = [(d[i] + d[j]) / 2 for i in range(n) for j in range(i, n)]
    line("paired", d, [positive, p, exact, np.median(means)])


def description():
    x = sample(int(random.integers(2, 60)), random.random() < 0.3)
    q = float(random.choice([0.05, 0.25, 0.5, 0.9, 0.99]))
    line("description", x, [q], [np.quantile(x, q), x.std(ddof=1),
                                 1.4826 * stats.median_abs_deviation(x)], stats.rankdata(x))


def quantile_interval():
    x = np.sort(sample(int(random.integers(1, 120)), random.random() < 0.3))
    p = float(random.choice([0.1, 0.5, 0.5, 0.5, 0.9]))
    confidence = float(random.choice([0.9, 0.95, 0.99]))
    n, tail = len(x), (1 - confidence) / 2
    below = [k for k in range(1, n + 1) if stats.binom.cdf(k - 1, n, p) <= tail]
    above = [k for k in range(1, n + 1) if stats.binom.sf(k - 1, n, p) <= tail]
    result = []
    if below and above:
        k, l = max(below), min(above)
        covered = stats.binom.cdf(l - 1, n, p) - stats.binom.cdf(k - 1, n, p)
        result = [x[k - 1], x[l - 1], covered]
    line("quantile_interval", x, [p, confidence], result)


def adjusted():
    p = np.round(random.random(int(random.integers(1, 40))) ** random.choice([1, 4]), 5)
    m = len(p)
    q = [min(min(1, other * m / np.sum(p <= other)) for other in p if other >= one) for one in p]
    line("adjusted", p, q)


def series():
    n = int(random.integers(3, 60))
    x = sample(n, random.random() < 0.3) + random.choice([0, 0.02]) * np.arange(n)
    c = x - x.mean()
    rho, p = stats.spearmanr(x, np.arange(n))
    if np.isnan(rho):
        rho, p = 0, 1
    r = (c[1:] * c[:-1]).sum() / (c * c).sum() if x.std() > 0 else 0
    line("series", x, [r, rho, p])


def welch():
    a, b = (sample(int(random.integers(2, 15)), False) + 0.01 for _ in range(2))
    la, lb = np.log(a), np.log(b)
    va, vb = la.var(ddof=1) / len(a), lb.var(ddof=1) / len(b)
    freedom = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    change, error = lb.mean() - la.mean(), np.sqrt(va + vb)
    low, high = stats.t.interval(0.95, freedom, change, error)
    p = stats.ttest_ind(lb, la, equal_var=False).pvalue
    line("welch", a, b, [change, error, freedom, p, np.exp(low), np.exp(high)])


def nearest_unimodal(x, mode):
    """Smallest distance of a distribution function that is convex up to the value with the index
    `mode`, may jump there and is concave from there on: a linear programme. Its variables are the
    function's limits from the left up to the mode, its values from the mode on, the distance."""
    u, counts = np.unique(x, return_counts=True)
    through = np.cumsum(counts) / len(x)
    below = through - counts / len(x)
    left, right = mode + 1, len(u) - mode
    rows, limits = [], []

    def at_most(limit, *terms):
        row = np.zeros(left + right + 1)
        for place, factor in terms:
            row[place] += factor
        rows.append(row)
        limits.append(limit)

    for i in range(left):
        at_most(below[i], (i, 1), (-1, -1))
        at_most(-(through[i] if i < mode else below[i]), (i, -1), (-1, -1))
    for j in range(right):
        i = mode + j
        at_most(-through[i], (left + j, -1), (-1, -1))
        at_most(below[i] if j else through[i], (left + j, 1), (-1, -1))
    for i in range(left + right - 1):
        at_most(0, (i, 1), (i + 1, -1))
    for side, begin, count, first in ((1, 0, left, 0), (-1, left, right, mode)):
        for i in range(1, count - 1):
            before, after = np.diff(u[first + i - 1:first + i + 2])
            at_most(0, (begin + i, side / before), (begin + i - 1, -side / before),
                    (begin + i + 1, -side / after), (begin + i, side / after))
    cost = np.eye(left + right + 1)[-1]
    return optimize.linprog(cost, np.array(rows), limits, bounds=(0, 1)).fun


def dip():
    n = int(random.integers(10, 32))
    x = random.normal(size=n)
    if random.random() < 0.5:
        x[random.random(n) < 0.4] += 5
    x = np.round(x, int(random.choice([1, 4])))
    line("dip", x, [min(nearest_unimodal(x, mode) for mode in range(len(np.unique(x))))])


warnings.simplefilter("ignore")
for question, count in ((two_sides, 300), (paired, 200), (description, 100),
                        (quantile_interval, 120), (adjusted, 80), (series, 100), (welch, 60),
                        (dip, 40)):
    for _ in range(count):
        question()
