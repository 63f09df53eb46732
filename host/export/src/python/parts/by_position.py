def by_position(recurrent, x):
    """The states of an LSTM or GRU over positions: [batch, channels, length] to [batch, states, length]."""
    return recurrent(x.permute(2, 0, 1))[0].permute(1, 2, 0)
