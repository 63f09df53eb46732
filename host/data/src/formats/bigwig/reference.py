"""Writes the bigWig files that the tests read, with the format's reference library for Python.

    pip install pyBigWig
    python3 reference.py

`reference.bw` has values of all three kinds; `reference_mean.tsv` the mean over bins as `pyBigWig` computes it, bases
without a value counted as 0.
"""

import pyBigWig

CHROMOSOMES = [("one", 6000), ("three", 3000), ("two", 3000)]
BIN = 100


def main():
    file = pyBigWig.open("reference.bw", "w")
    file.addHeader(CHROMOSOMES, maxZooms=2)
    # Kind 1, bedGraph: stretches of any length.
    file.addEntries(["one"] * 3, [10, 150, 1000], ends=[60, 420, 1001], values=[1.5, -2.25, 100.0])
    # Kind 2, places with one span; so many that they take several blocks of the file.
    starts = list(range(2000, 5000, 7))
    file.addEntries("one", starts, values=[float(start % 13) / 4 for start in starts], span=5)
    # Kind 3, one value after the other at a fixed step.
    file.addEntries("three", 300, values=[0.125 * (index % 5) for index in range(200)], span=10, step=10)
    file.addEntries(["two"], [2990], ends=[3000], values=[7.0])
    file.close()

    file = pyBigWig.open("reference.bw")
    with open("reference_mean.tsv", "w") as out:
        for name, length in CHROMOSOMES:
            for start in range(0, length, BIN):
                values = file.values(name, start, start + BIN)
                total = sum(value for value in values if value == value)
                out.write(f"{name}\t{start}\t{total / BIN!r}\n")


main()
