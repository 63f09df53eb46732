"""The peer's networks in plain PyTorch, written from the equations: the genomeNAS networks in both forms, and the
published baselines. Names of weights are those of genomenas, so that weights are copied by name."""

import math
from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F

from cells import FinalCell, Norm, SearchCell
from highway import FinalHighway, SearchHighway


class Alphas(nn.Module):
    """The alphas of one kind of cell: a row an edge, a value an option."""

    def __init__(self, options):
        super().__init__()
        self.options = options
        widths = {len(names) for names in options.values()}
        assert len(widths) == 1, "every edge of a cell has as many options as the others"
        self.values = nn.Parameter(1e-3 * torch.randn(len(options), widths.pop()))

    def forward(self):
        """The share of each option, a dictionary of rows by edge."""
        return dict(zip(self.options, F.softmax(self.values, dim=-1)))


class GenomeNas(nn.Module):
    """Stem, convolutional cells, highway cell and two dense layers; `options` names what is open, `selection` what is
    chosen, by decision."""

    def __init__(self, sizes, length, labels, options=None, selection=None, dropout=True):
        super().__init__()
        self.search = options is not None
        channels, self.cells = sizes["channels"], sizes["cells"]
        if self.search:
            kinds = {kind: {k: v for k, v in options.items() if k.startswith(kind)} for kind in KINDS}
            self.alphas = nn.ModuleDict({kind: Alphas(of) for kind, of in kinds.items() if of})
        stem = sizes["stem_multiplier"] * channels
        self.stem_conv = nn.Conv1d(4, stem, 13, padding=6, bias=False)
        self.stem_norm = nn.BatchNorm1d(stem)
        strides = [cell_stride(cell) for cell in range(self.cells)]
        before = previous = stem
        for cell, stride in enumerate(strides):
            channels *= 2 if stride > 1 else 1
            kind = "normal" if stride == 1 else "reduction"
            for name, width, step in [("pre0", before, strides[cell - 1] if cell else 1), ("pre1", previous, 1)]:
                setattr(self, f"cell{cell}_{name}_conv", nn.Conv1d(width, channels, 1, step, bias=False))
                setattr(self, f"cell{cell}_{name}_norm", Norm(channels, self.search))
            drop_path = sizes["drop_path"] if dropout else 0.0
            if self.search:
                made = SearchCell(kind, channels, sizes["nodes"], stride, options)
            else:
                made = FinalCell(kind, channels, sizes["nodes"], stride, selection, drop_path)
            setattr(self, f"cell{cell}", made)
            before, previous = previous, channels * sizes["nodes"]
            length = -(-length // stride)
        if self.search:
            self.rnn = SearchHighway(previous, sizes["rnn_nodes"], options)
        else:
            self.rnn = FinalHighway(previous, sizes["rnn_nodes"], selection)
        self.dropout = nn.Dropout(sizes["dropout"] if dropout else 0.0)
        self.decoder = nn.Linear(previous * length, sizes["decoder_features"])
        nn.init.uniform_(self.decoder.weight, -0.04, 0.04)
        self.classifier = nn.Linear(sizes["decoder_features"], labels)

    def forward(self, x):
        """Logits [B, labels], and the states of the highway cell [T, B, H]."""
        shares = {}
        for alphas in self.alphas.values() if self.search else []:
            shares.update(alphas())
        before = previous = self.stem_norm(self.stem_conv(x))
        for cell in range(self.cells):
            inputs = []
            for name, value in [("pre0", before), ("pre1", previous)]:
                value = getattr(self, f"cell{cell}_{name}_conv")(F.relu(value))
                inputs.append(getattr(self, f"cell{cell}_{name}_norm")(value))
            before, previous = previous, getattr(self, f"cell{cell}")(*inputs, shares)
        states = self.rnn(previous.permute(2, 0, 1), shares)
        flat = self.dropout(states.transpose(0, 1).flatten(1))
        return self.classifier(F.relu(self.decoder(flat))), states


KINDS = ("normal", "reduction", "rnn")


def cell_stride(cell):
    """Each third cell is normal, the sixth divides the length by 3, the others halve it."""
    return 3 if cell == 5 else 1 if cell % 3 == 0 else 2


class ByPosition(nn.LSTM):
    """An LSTM from [B, C, L] to [B, L, units]."""

    def __init__(self, channels, hidden, bidirectional=True):
        super().__init__(channels, hidden, batch_first=True, bidirectional=bidirectional)

    def forward(self, x):
        return super().forward(x.transpose(1, 2))[0]


class Mean(nn.Module):
    def forward(self, x):
        return x.mean(1)


class Maximum(nn.Module):
    def forward(self, x):
        return x.amax(2)


def scaled(published, width):
    """A published count of filters or units times a width, to the nearest whole number and at least 1."""
    return max(1, math.floor(published * width + 0.5))


def sequence(*parts):
    return nn.Sequential(OrderedDict(parts))


def deepsea(length, labels, width=1.0, dropout=True):
    """Zhou & Troyanskaya 2015."""
    p, last = (0.2, 0.5) if dropout else (0.0, 0.0)
    left = ((length - 7) // 4 - 7) // 4 - 7
    return sequence(
        ("conv1", nn.Conv1d(4, scaled(320, width), 8)),
        ("relu1", nn.ReLU()),
        ("pool1", nn.MaxPool1d(4)),
        ("dropout1", nn.Dropout(p)),
        ("conv2", nn.Conv1d(scaled(320, width), scaled(480, width), 8)),
        ("relu2", nn.ReLU()),
        ("pool2", nn.MaxPool1d(4)),
        ("dropout2", nn.Dropout(p)),
        ("conv3", nn.Conv1d(scaled(480, width), scaled(960, width), 8)),
        ("relu3", nn.ReLU()),
        ("dropout3", nn.Dropout(last)),
        ("flat", nn.Flatten()),
        ("dense", nn.Linear(scaled(960, width) * left, scaled(925, width))),
        ("relu4", nn.ReLU()),
        ("out", nn.Linear(scaled(925, width), labels)),
    )


def danq_head(channels, length, labels, width, dropout):
    """The second half of DanQ (Quang & Xie 2016), which NCNet has, too."""
    p, last = (0.2, 0.5) if dropout else (0.0, 0.0)
    return [
        ("pool", nn.MaxPool1d(13)),
        ("dropout1", nn.Dropout(p)),
        ("lstm", ByPosition(channels, scaled(320, width))),
        ("flat", nn.Flatten()),
        ("dropout2", nn.Dropout(last)),
        ("dense", nn.Linear(2 * scaled(320, width) * (length // 13), scaled(925, width))),
        ("relu2", nn.ReLU()),
        ("out", nn.Linear(scaled(925, width), labels)),
    ]


def danq(length, labels, width=1.0, dropout=True):
    """Quang & Xie 2016."""
    filters = scaled(320, width)
    head = danq_head(filters, length - 25, labels, width, dropout)
    return sequence(("conv", nn.Conv1d(4, filters, 26)), ("relu1", nn.ReLU()), *head)


class Block(nn.Module):
    """Convolutions, each normalised, with ReLU between them; the input is added, and the sum rectified."""

    def __init__(self, prefix, convolutions, shortcut=None):
        super().__init__()
        parts = []
        for at, convolution in enumerate(convolutions, 1):
            if at > 1:
                parts.append((f"{prefix}_relu{at - 1}", nn.ReLU()))
            parts.append((f"{prefix}_conv{at}", convolution))
            parts.append((f"{prefix}_conv{at}_norm", nn.BatchNorm1d(convolution.out_channels)))
        self.body = sequence(*parts)
        self.short = nn.Identity()
        if shortcut is not None:
            norm = nn.BatchNorm1d(shortcut.out_channels)
            self.short = sequence((f"{prefix}_shortcut", shortcut), (f"{prefix}_shortcut_norm", norm))

    def forward(self, x):
        return F.relu(self.body(x) + self.short(x))


def ncnet_rr(length, labels, width=1.0, dropout=True):
    """Zhang et al. 2019: two residual blocks in front of the second half of DanQ."""
    filters = scaled(320, width)
    blocks = []
    for n in (1, 2):
        convolutions = [nn.Conv1d(filters, filters, 26, padding=padding) for padding in (12, 13)]
        blocks.append((f"block{n}", Block(f"block{n}", convolutions)))
    head = danq_head(filters, length - 25, labels, width, dropout)
    stem = [("conv", nn.Conv1d(4, filters, 26)), ("conv_norm", nn.BatchNorm1d(filters)), ("relu", nn.ReLU())]
    return sequence(*stem, *blocks, *head)


def ncnet_brr(length, labels, width=1.0, dropout=True):
    """Zhang et al. 2019: eight bottleneck blocks in front of the second half of DanQ."""
    blocks, channels = [], scaled(160, width)
    for n in range(1, 9):
        inner, filters = (scaled(40, width), scaled(160, width)) if n <= 4 else (scaled(80, width), scaled(320, width))
        convolutions = [
            nn.Conv1d(channels, inner, 1, bias=False),
            nn.Conv1d(inner, inner, 15, padding=7, bias=False),
            nn.Conv1d(inner, filters, 1, bias=False),
        ]
        shortcut = nn.Conv1d(channels, filters, 1, bias=False) if n == 5 else None
        blocks.append((f"block{n}", Block(f"block{n}", convolutions, shortcut)))
        channels = filters
    head = danq_head(channels, length - 25, labels, width, dropout)
    stem = [
        ("conv", nn.Conv1d(4, scaled(160, width), 26)),
        ("conv_norm", nn.BatchNorm1d(scaled(160, width))),
        ("relu", nn.ReLU()),
    ]
    return sequence(*stem, *blocks, *head)


def lstm(length, labels, dropout=True, hidden=128):
    """Bases, a bidirectional LSTM, the mean of its states and one dense layer."""
    return sequence(
        ("lstm1", ByPosition(4, hidden)),
        ("pool", Mean()),
        ("dropout", nn.Dropout(0.2 if dropout else 0.0)),
        ("out", nn.Linear(2 * hidden, labels)),
    )


def deepvirfinder(length, labels, width=1.0, dropout=True):
    """Ren et al. 2020."""
    units, p = scaled(1000, width), 0.1 if dropout else 0.0
    return sequence(
        ("conv", nn.Conv1d(4, units, 10)),
        ("relu1", nn.ReLU()),
        ("pool", Maximum()),
        ("dropout1", nn.Dropout(p)),
        ("dense", nn.Linear(units, units)),
        ("relu2", nn.ReLU()),
        ("dropout2", nn.Dropout(p)),
        ("out", nn.Linear(units, labels)),
    )


BASELINES = {
    "deepsea": deepsea,
    "danq": danq,
    "ncnet-rr": ncnet_rr,
    "ncnet-brr": ncnet_brr,
    "lstm": lstm,
    "deepvirfinder": deepvirfinder,
}
