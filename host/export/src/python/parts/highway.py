class Highway(nn.Module):
    """Recurrent highway cell: [batch, hidden, length] to the same. Each node of `edges` has the number of the state that
    it reads (0 is s0) and its activation.

    [c, g] = [x, h] W0    s0 = h + sigmoid(c) (tanh(g) - h)
    [c, g] = s_j W_i      s_(i+1) = s_j + sigmoid(c) (f(g) - s_j)

    The state that the next position gets is the mean of the states of all nodes."""

    FUNCTIONS = {
        "relu": torch.relu,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "gelu": F.gelu,
        "identity": lambda gate: gate,
    }

    def __init__(self, hidden, edges, input_dropout=0.0, hidden_dropout=0.0):
        super().__init__()
        self.hidden, self.edges = hidden, edges
        self.input_dropout, self.hidden_dropout = input_dropout, hidden_dropout
        self.w0 = nn.Parameter(torch.empty(2 * hidden, 2 * hidden).uniform_(-0.04, 0.04))
        matrices = [torch.empty(hidden, 2 * hidden).uniform_(-0.04, 0.04) for _ in edges]
        self.w = nn.ParameterList([nn.Parameter(matrix) for matrix in matrices])

    @staticmethod
    def step(state, gates, function):
        carry, candidate = gates.chunk(2, dim=1)
        return torch.lerp(state, function(candidate), torch.sigmoid(carry))

    def forward(self, x):
        x = x.permute(2, 0, 1)
        ones = x.new_ones(x.shape[1:])
        # One mask for all positions; nothing but ones outside of training.
        input_mask = F.dropout(ones, self.input_dropout, self.training)
        mask = F.dropout(ones, self.hidden_dropout, self.training)
        of_input, of_state = self.w0.chunk(2, dim=0)
        h, outputs = torch.zeros_like(ones), []
        for from_input in (x * input_mask) @ of_input:
            states = [self.step(h, from_input + (h * mask) @ of_state, torch.tanh)]
            for (state, function), w in zip(self.edges, self.w):
                states.append(self.step(states[state], (states[state] * mask) @ w, self.FUNCTIONS[function]))
            h = torch.stack(states[1:]).mean(0)
            outputs.append(h)
        return torch.stack(outputs).permute(1, 2, 0)
