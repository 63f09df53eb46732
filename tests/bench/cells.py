"""The convolutional cells of the genomeNAS space: mixtures of every option in a search (Liu et al. 2019, equation 2),
one operation an edge in a final network."""

from collections import OrderedDict

import torch
from torch import nn


class Norm(nn.BatchNorm1d):
    """Batch normalisation, without scale and shift in a search."""

    def __init__(self, channels, search):
        super().__init__(channels, affine=not search)


class DropPath(nn.Module):
    """Drops a sample's whole value in training (Larsson et al. 2017)."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training or self.p == 0.0:
            return x
        kept = torch.empty(x.shape[0], 1, 1, device=x.device).bernoulli_(1 - self.p)
        return x * kept.div_(1 - self.p)


class Zero(nn.Module):
    """Zeros, as the option of no connection."""

    def __init__(self, stride):
        super().__init__()
        self.stride = stride

    def forward(self, x):
        return (x if self.stride == 1 else x[:, :, :: self.stride]).mul(0.0)


def operation(name, channels, stride, search, drop_path=0.0):
    """The operation of this name, which divides the length by `stride`."""
    if name == "none":
        return Zero(stride)
    if name == "skip_connect" and stride == 1:
        return nn.Identity()
    parts = OrderedDict()

    def convolve(label, kernel, step=1, groups=1, dilation=1):
        padding = dilation * (kernel // 2)
        parts[label] = nn.Conv1d(channels, channels, kernel, step, padding, dilation, groups, bias=False)

    if name == "skip_connect":
        parts["relu"] = nn.ReLU()
        convolve("conv", 1, stride)
        parts["norm"] = Norm(channels, search)
    else:
        kind, kernel = name.rsplit("_", 1)
        kernel = int(kernel)
        if kind == "max_pool":
            parts["pool"] = nn.MaxPool1d(kernel, stride, kernel // 2)
        elif kind == "avg_pool":
            parts["pool"] = nn.AvgPool1d(kernel, stride, kernel // 2, count_include_pad=False)
        elif kind == "dil_conv":
            parts["relu"] = nn.ReLU()
            convolve("depthwise", kernel, stride, channels, 2)
            convolve("pointwise", 1)
            parts["norm"] = Norm(channels, search)
        else:
            for part, step in [("1", stride), ("2", 1)]:
                parts["relu" + part] = nn.ReLU()
                if kind == "sep_conv":
                    convolve("depthwise" + part, kernel, step, channels)
                    convolve("pointwise" + part, 1)
                else:
                    convolve("conv" + part, kernel, step)
                parts["norm" + part] = Norm(channels, search)
        if kind.endswith("pool") and search:
            parts["norm"] = Norm(channels, True)
    if drop_path > 0.0:
        parts["drop_path"] = DropPath(drop_path)
    return nn.Sequential(parts)


class SearchCell(nn.Module):
    """Node n sums, over all its edges, the options of the edge, each times its share."""

    def __init__(self, kind, channels, nodes, stride, options):
        super().__init__()
        self.nodes = []
        for node in range(nodes):
            edges = []
            for source in range(node + 2):
                names = options.get(f"{kind}.{node}.{source}")
                if names is None:
                    continue
                step = stride if source < 2 else 1
                mixed = nn.ModuleDict({name: operation(name, channels, step, True) for name in names})
                setattr(self, f"n{node}_{source}", mixed)
                edges.append((source, f"n{node}_{source}", f"{kind}.{node}.{source}"))
            self.nodes.append(edges)

    def forward(self, s0, s1, shares):
        states = [s0, s1]
        for edges in self.nodes:
            mixed = []
            for source, module, edge in edges:
                of_edge = zip(shares[edge], getattr(self, module).values())
                mixed.append(sum(share * option(states[source]) for share, option in of_edge))
            states.append(sum(mixed))
        return torch.cat(states[2:], dim=1)


class FinalCell(nn.Module):
    """Node n sums the values of the edges that were chosen."""

    def __init__(self, kind, channels, nodes, stride, selection, drop_path):
        super().__init__()
        self.nodes = []
        for node in range(nodes):
            edges = []
            for source in range(node + 2):
                name = selection.get(f"{kind}.{node}.{source}")
                if name is not None:
                    step = stride if source < 2 else 1
                    setattr(self, f"n{node}_{source}", operation(name, channels, step, False, drop_path))
                    edges.append((source, f"n{node}_{source}"))
            self.nodes.append(edges)

    def forward(self, s0, s1, _shares):
        states = [s0, s1]
        for edges in self.nodes:
            states.append(sum(getattr(self, module)(states[source]) for source, module in edges))
        return torch.cat(states[2:], dim=1)
