class DropPath(nn.Module):
    """Drops the whole value of a sample in training, with probability p, and scales what stays (Larsson et al. 2017)."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        ones = x.new_ones((x.shape[0],) + (1,) * (x.dim() - 1))
        return x * F.dropout(ones, self.p, self.training)
