"""Writes the numbers in `reference.json` that tests compare with: an independent calculation with dense matrices.

    python -m venv venv && venv/bin/pip install numpy autograd mpmath && venv/bin/python reference.py > reference.json

The gradients come from automatic differentiation, the acquisition values have 30 digits.
"""

import json
import random

import autograd.numpy as np
import mpmath
import numpy
from autograd import grad

random.seed(11)
numpy.random.seed(11)
WIDTH, LAYERS, EPS = 5, 4, 1e-5


def convolutional():
    """The matrices of a random cell: inputs 0 and 1, eight operations in pairs, output 10."""
    a = numpy.zeros((11, 11))
    for slot in range(2, 10):
        source = random.randrange(slot // 2 + 1)
        for p in ([source] if source < 2 else [2 * source - 2, 2 * source - 1]):
            a[p, slot] = 1
        a[slot, 10] = 1
    x = numpy.zeros((11, 6))
    for v, kind in enumerate([0, 0] + [random.randrange(1, 5) for _ in range(8)] + [5]):
        x[v, kind] = 1
    return a, x


def highway():
    a = numpy.zeros((12, 12))
    a[0, 2] = a[1, 2] = a[2, 3] = 1
    for v in range(4, 11):
        a[random.randrange(2, v), v] = 1
    a[3:11, 11] = 1
    x = numpy.zeros((12, 7))
    for v, kind in enumerate([0, 0, 1] + [random.randrange(2, 6) for _ in range(8)] + [6]):
        x[v, kind] = 1
    return a, x


def with_global(a, x):
    n = len(a)
    wide = numpy.zeros((n + 1, n + 1))
    wide[:n, :n] = a
    wide[:n, n] = 1
    numpy.fill_diagonal(wide, 1)
    features = numpy.zeros((n + 1, x.shape[1] + 1))
    features[:n, :-1] = x
    features[n, -1] = 1
    return wide.T, features


def split(weights, features):
    at, stacks = 0, []
    for count in features:
        layers = []
        for layer in range(LAYERS):
            rows = count if layer == 0 else WIDTH
            w = weights[at:at + rows * WIDTH].reshape(WIDTH, rows).T
            at += rows * WIDTH
            parts = [weights[at + i * WIDTH:at + (i + 1) * WIDTH] for i in range(3)]
            at += 3 * WIDTH
            layers.append((w, *parts))
        stacks.append(layers)
    head = len(features) * WIDTH
    return stacks, weights[at:at + head], weights[at + head]


def forward(weights, graphs, running=None, seen=None):
    """Predictions and embeddings; with `running` in evaluation mode, else its statistics are put into `seen`."""
    features = [stack[0][1].shape[1] for stack in graphs]
    stacks, head, bias = split(weights, features)
    embeddings = []
    for s, (layers, batch) in enumerate(zip(stacks, graphs)):
        adjacency = np.array([a for a, _ in batch])
        h = np.array([x for _, x in batch])
        for l, (w, b, scale, shift) in enumerate(layers):
            z = np.einsum("gvu,guf->gvf", adjacency, np.einsum("gui,if->guf", h, w)) + b
            if running is None:
                mean, var = np.mean(z, axis=(0, 1)), np.var(z, axis=(0, 1))
                if seen is not None:
                    count = z.shape[0] * z.shape[1]
                    seen[s, l] = (mean, var * count / (count - 1))
            else:
                mean, var = running[s, l]
            h = np.maximum(scale * (z - mean) / np.sqrt(var + EPS) + shift, 0)
        embeddings.append(h[:, -1, :])
    embedding = np.concatenate(embeddings, axis=1)
    return 1 / (1 + np.exp(-(embedding @ head + bias))), embedding


WEIGHTS = [lambda y: 1 + 0 * y, lambda y: np.log(y + 1), lambda y: y, lambda y: np.exp(y - 1)]


def loss(weights, graphs, y, kind):
    p, _ = forward(weights, graphs)
    return np.mean(WEIGHTS[kind](y) * (p - y) ** 2)


def network():
    cells = [[convolutional() for _ in range(4)], [highway() for _ in range(4)]]
    graphs = [[with_global(*cell) for cell in stack] for stack in cells]
    scores = np.array([0.2, 0.55, 0.4, 0.9])
    count = sum((f + 3 * WIDTH) * WIDTH + 3 * LAYERS * WIDTH for f in (7, 8)) + 2 * WIDTH + 1
    weights = 0.6 * np.sin(1.7 * np.arange(count) + 0.3)
    start = weights
    predictions, _ = forward(weights, graphs)
    losses = [loss(weights, graphs, scores, kind) for kind in range(4)]
    gradient = grad(loss)(weights, graphs, scores, 3)
    # Adam with a rate of 0.01, and the running statistics of batch norm.
    m, v, steps = np.zeros(count), np.zeros(count), []
    running = {(s, l): (np.zeros(WIDTH), np.ones(WIDTH)) for s in range(2) for l in range(LAYERS)}
    for t in range(1, 21):
        seen = {}
        forward(weights, graphs, seen=seen)
        for key, (mean, var) in seen.items():
            running[key] = (0.9 * running[key][0] + 0.1 * mean, 0.9 * running[key][1] + 0.1 * var)
        steps.append(loss(weights, graphs, scores, 3))
        g = grad(loss)(weights, graphs, scores, 3)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        weights = weights - 0.01 * (m / (1 - 0.9 ** t)) / (np.sqrt(v / (1 - 0.999 ** t)) + 1e-8)
    evaluated, embedding = forward(weights, graphs, running=running)
    return {
        "adjacency": [[a.astype(int).tolist() for a, _ in stack] for stack in cells],
        "kinds": [[x.argmax(axis=1).tolist() for _, x in stack] for stack in cells],
        "scores": scores.tolist(), "weights": start.tolist(), "predictions": predictions.tolist(),
        "losses": losses, "gradient": gradient.tolist(), "steps": steps,
        "evaluated": evaluated.tolist(), "embedding": embedding.tolist(),
    }


def regression(rows, columns, sparse):
    phi = numpy.maximum(numpy.random.randn(rows, columns), 0) if sparse else numpy.random.randn(rows, columns)
    t = phi @ (numpy.random.randn(columns) / columns ** 0.5) + 0.3 * numpy.random.randn(rows) - 0.5
    alpha = beta = 1e-5
    eigen = numpy.maximum(numpy.linalg.eigvalsh(phi.T @ phi), 0)
    for _ in range(200):
        s = numpy.linalg.inv(alpha * numpy.eye(columns) + beta * phi.T @ phi)
        m = beta * s @ phi.T @ t
        lam = beta * eigen
        gamma = (lam / (lam + alpha)).sum()
        before = alpha, beta
        alpha = gamma / (m @ m)
        beta = (rows - gamma) / ((t - phi @ m) ** 2).sum()
        if numpy.isclose(before[0], alpha, rtol=1e-5) and numpy.isclose(before[1], beta, rtol=1e-5):
            break
    queries = numpy.concatenate([numpy.eye(columns)[:3], numpy.random.randn(4, columns)])
    deviations = [(1 / beta + q @ s @ q) ** 0.5 for q in queries]
    return {
        "embeddings": phi.tolist(), "logits": t.tolist(), "alpha": before[0], "beta": before[1], "noise": beta,
        "mean": m.tolist(), "queries": queries.tolist(), "means": (queries @ m).tolist(), "deviations": deviations,
    }


def acquisition():
    mpmath.mp.dps = 30
    f, sigmoid = mpmath.mpf, lambda x: 1 / (1 + mpmath.exp(-x))
    g, a, b = mpmath.pi / 8, 4 - 2 * mpmath.sqrt(2), -mpmath.log(mpmath.sqrt(2) + 1)
    found = []
    for mu in ["-6", "-2.5", "-0.3", "0", "0.8", "3", "7"]:
        for s in ["0.01", "0.2", "1", "2.5", "9"]:
            mu_, s_ = f(mu), f(s)
            e = sigmoid(mu_ / mpmath.sqrt(1 + g * s_ ** 2))
            square = sigmoid(a * (mu_ + b) / mpmath.sqrt(1 + g * a ** 2 * s_ ** 2)) - e ** 2
            std = mpmath.sqrt(max(square, 0))
            gamma = (mu_ - f("0.4")) / s_
            ei = s_ * (gamma * mpmath.ncdf(gamma) + mpmath.npdf(gamma))
            found.append([float(mu_), float(s_), float(e + std / 2), float(ei)])
    return found


print(json.dumps({
    "network": network(),
    "regressions": [regression(40, 12, False), regression(30, 50, False), regression(60, 24, True)],
    "acquisition": acquisition(),
}))
