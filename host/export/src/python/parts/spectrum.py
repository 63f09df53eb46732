class KmerSpectrum(nn.Module):
    """How often each word of k bases occurs in windows: [batch, 4, length] to [batch, words]. Words stand in the order of
    the alphabet; with both strands a word and its reverse complement are one. A word over an unknown base is not counted."""

    def __init__(self, k, both_strands):
        super().__init__()
        self.k, self.words = k, 0
        places = []
        for word in range(4**k):
            rest, other = word, 0
            for _ in range(k):
                rest, base = divmod(rest, 4)
                other = 4 * other + 3 - base
            if both_strands and other < word:
                places.append(places[other])
            else:
                places.append(self.words)
                self.words += 1
        self.register_buffer("places", torch.tensor(places), persistent=False)

    def forward(self, x):
        largest, bases = x.max(1)
        unknown = largest != 1
        positions = x.shape[2] - self.k + 1
        word = torch.zeros_like(bases[:, :positions])
        left_out = torch.zeros_like(unknown[:, :positions])
        for at in range(self.k):
            word = 4 * word + bases[:, at : at + positions]
            left_out = left_out | unknown[:, at : at + positions]
        # What is left out is counted behind the spectrum, and cut off.
        places = self.places[word].masked_fill(left_out, self.words)
        counts = x.new_zeros(x.shape[0], self.words + 1)
        return counts.scatter_add(1, places, torch.ones_like(places, dtype=x.dtype))[:, : self.words]
