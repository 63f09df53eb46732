"""The gradient of the alphas after one unrolled weight step: equations 6 to 8 of Liu et al. 2019."""

import torch

# How far the weights move for the finite difference (footnote 2).
DISTANCE = 0.01


def gradients(training, weight_decay):
    """The gradient of each part of the alphas; the weights are then what they were."""
    alphas, optimizer = training.alphas, training.optimizer
    weights = [p for parameters, _ in optimizer.parts for p in parameters]
    rates = [settings["learning_rate"] for parameters, settings in optimizer.parts for _ in parameters]
    start = [weight.detach().clone() for weight in weights]

    optimizer.zero_grad()
    training.loss_of(training.train).backward(inputs=weights)
    before = torch.stack([weight.grad.norm() for weight in weights]).norm()
    optimizer.clip_gradients()
    after = torch.stack([weight.grad.norm() for weight in weights]).norm()
    factor = after / before
    with torch.no_grad():
        for weight, rate in zip(weights, rates):
            weight.sub_(rate * (weight.grad + weight_decay * weight))

    ahead = torch.autograd.grad(
        training.loss_of(training.other), alphas + weights, allow_unused=True, materialize_grads=True
    )
    direct, ahead = ahead[: len(alphas)], clipped(optimizer, weights, ahead[len(alphas) :])
    direction = [rate * factor * gradient for rate, gradient in zip(rates, ahead)]
    step = DISTANCE / torch.stack([part.norm() for part in direction]).norm()

    def at(sign):
        with torch.no_grad():
            for weight, value, part in zip(weights, start, direction):
                weight.copy_(value + sign * step * part)
        loss = training.loss_of(training.train)
        return torch.autograd.grad(loss, alphas, allow_unused=True, materialize_grads=True)

    high, low = at(1), at(-1)
    with torch.no_grad():
        for weight, value in zip(weights, start):
            weight.copy_(value)
    return [g - (h - lo) / (2 * step) for g, h, lo in zip(direct, high, low)]


def clipped(optimizer, weights, values):
    """Gradients as the optimizer of the weights clips them."""
    for weight, value in zip(weights, values):
        weight.grad = value
    optimizer.clip_gradients()
    return [weight.grad for weight in weights]
