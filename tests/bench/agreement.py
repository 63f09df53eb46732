"""How far two sides are apart: their names of weights, and the largest difference."""

import re

import torch


def our_name(name):
    """The name that genomenas has for a weight of a peer's network."""
    return re.sub(r"^block\d+\.(body|short)\.", "", name)


def by_our_names(net, values):
    """Values of weights by our names; alphas one by one."""
    named = {}
    for name, value in values.items():
        alphas = re.fullmatch(r"alphas\.(\w+)\.values", name)
        if alphas is None:
            if not name.endswith("num_batches_tracked"):
                named[our_name(name)] = value
            continue
        for (edge, options), row in zip(net.alphas[alphas[1]].options.items(), value):
            named.update(zip((f"alphas.{edge}.{option}" for option in options), row))
    return named


@torch.no_grad()
def load(net, tensors):
    """Copies the tensors `weights/NAME` into a network: each has a place, and every place a tensor."""
    given = {name[len("weights/") :]: value for name, value in tensors.items() if name.startswith("weights/")}
    own = by_our_names(net, net.state_dict())
    if given.keys() != own.keys():
        raise ValueError(f"only one side has {sorted(given.keys() ^ own.keys())[:6]}")
    for name, value in own.items():
        value.copy_(given[name])


class Errors:
    """The largest difference of each kind, relative to the largest value."""

    def __init__(self):
        self.largest = {}

    def compare(self, kind, own, theirs, floor=0.0, where=None, name=""):
        if own.shape != theirs.shape:
            raise ValueError(f"{kind} {name}: {tuple(own.shape)} here, {tuple(theirs.shape)} there")
        apart = (own - theirs).abs()
        if where is not None:
            apart = apart * where
        error = apart.max().item() / max(theirs.abs().max().item(), floor, 1e-30)
        if not error <= self.largest.get(kind, {"error": -1.0})["error"]:
            self.largest[kind] = {"error": error, "name": name}

    def compare_all(self, kind, own, theirs, prefix, gradients=None):
        """Compares what both sides have of this prefix. A tensor whose values are far below the largest of all is
        measured against a hundredth of that: its exact value may be 0, as that of a bias before a normalisation. With
        `gradients`, values whose gradient is near 0 are left out: Adam and RMSprop divide by their size, so rounding
        decides them."""
        theirs = {name[len(prefix) :]: value for name, value in theirs.items() if name.startswith(prefix)}
        common = own.keys() & theirs.keys()
        if len(common) < len(theirs) / 2 or not common:
            raise ValueError(f"{kind}: {len(own)} tensors here, {len(theirs)} there, {len(common)} on both sides")
        largest = max(theirs[name].abs().max().item() for name in common)
        for name in sorted(common):
            # Alphas, one value each, count as one tensor.
            floor, where = largest * (1.0 if name.startswith("alphas.") else 1e-2), None
            if gradients is not None and name in gradients:
                size = gradients[name].abs()
                where = size >= max(1e-2 * size.max().item(), 1e-3 * self.of(gradients))
            self.compare(kind, own[name], theirs[name], floor, where, name)

    @staticmethod
    def of(gradients):
        return max(value.abs().max().item() for value in gradients.values())
