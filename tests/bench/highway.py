"""The recurrent highway cell in both forms, after Zilly et al. 2017 and the recurrent cell of Liu et al. 2019:

    [c, g] = [x, h]·W₀      s₀ = h + σ(c)⊙(tanh g − h)
    [c, g] = s_j·W_i        s_{i+1} = s_j + σ(c)⊙(f(g) − s_j)

In a search node i sums this over all edges j and activations f, each times its share, and one batch norm without scale
and shift normalises s₀ and all nodes. The output is the mean of all nodes."""

import torch
from torch import nn

FUNCTIONS = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid, "identity": lambda x: x}


class Highway(nn.Module):
    """What both forms share."""

    def __init__(self, hidden, nodes):
        super().__init__()
        self.hidden = hidden
        self.input_dropout, self.hidden_dropout = 0.0, 0.0
        self.w0 = nn.Parameter(torch.empty(2 * hidden, 2 * hidden).uniform_(-0.04, 0.04))
        of_nodes = [torch.empty(hidden, 2 * hidden).uniform_(-0.04, 0.04) for _ in range(nodes)]
        self.w = nn.ParameterList(nn.Parameter(w) for w in of_nodes)

    def mask(self, x, p):
        """Dropout that is the same at all positions."""
        if not self.training or p == 0.0:
            return None
        return torch.empty(x.shape[1], self.hidden, device=x.device).bernoulli_(1 - p).div_(1 - p)

    def forward(self, x, shares):
        """From [T, B, H] to [T, B, H]."""
        x_mask, h_mask = self.mask(x, self.input_dropout), self.mask(x, self.hidden_dropout)
        if x_mask is not None:
            x = x * x_mask
        wiring = self.wiring(shares)
        h = x.new_zeros(x.shape[1], self.hidden)
        outputs = []
        for x_t in x.unbind(0):
            masked = h if h_mask is None else h * h_mask
            c, g = (torch.cat([x_t, masked], dim=-1) @ self.w0).chunk(2, dim=-1)
            s0 = h + c.sigmoid() * (g.tanh() - h)
            h = self.nodes(s0, h_mask, wiring)
            outputs.append(h)
        return torch.stack(outputs)


class FinalHighway(Highway):
    """One predecessor and one activation a node."""

    def __init__(self, hidden, nodes, selection):
        super().__init__(hidden, nodes)
        self.edges = []
        for node in range(nodes):
            chosen = [(j, selection.get(f"rnn.{node}.{j}")) for j in range(node + 1)]
            self.edges.append(next((j, FUNCTIONS[name]) for j, name in chosen if name is not None))

    def wiring(self, _shares):
        return None

    def nodes(self, s0, mask, _wiring):
        states = [s0]
        for (j, function), w in zip(self.edges, self.w):
            s = states[j]
            c, g = ((s if mask is None else s * mask) @ w).chunk(2, dim=-1)
            states.append(s + c.sigmoid() * (function(g) - s))
        return torch.stack(states[1:]).mean(0)


class SearchHighway(Highway):
    """All edges and activations, by their shares: one product a node, one call an activation."""

    def __init__(self, hidden, nodes, options):
        super().__init__(hidden, nodes)
        self.options = options
        self.norm = nn.BatchNorm1d(hidden, affine=False)

    def wiring(self, shares):
        """For each node its predecessors, and the shares of each activation on them, [edges, 1, 1]."""
        nodes = []
        for node in range(len(self.w)):
            inputs = [j for j in range(node + 1) if f"rnn.{node}.{j}" in self.options]
            columns = {}
            for at, j in enumerate(inputs):
                edge = f"rnn.{node}.{j}"
                for name, share in zip(self.options[edge], shares[edge]):
                    if name != "none":
                        columns.setdefault(name, [share.new_zeros(())] * len(inputs))[at] = share
            stacked = {name: torch.stack(column).view(-1, 1, 1) for name, column in columns.items()}
            whole = inputs == list(range(node + 1))
            nodes.append((None if whole else inputs, stacked))
        return nodes

    def nodes(self, s0, mask, wiring):
        states = self.norm(s0).unsqueeze(0)
        for (inputs, shares), w in zip(wiring, self.w):
            read = states if inputs is None else states[inputs]
            c, g = ((read if mask is None else read * mask) @ w).chunk(2, dim=-1)
            c = c.sigmoid()
            s = torch.zeros_like(s0)
            for name, share in shares.items():
                s = s + (share * (read + c * (FUNCTIONS[name](g) - read))).sum(0)
            states = torch.cat([states, self.norm(s).unsqueeze(0)])
        return states[1:].mean(0)
