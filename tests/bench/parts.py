"""The peer's parts that are not networks, as a user of PyTorch would write them."""

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset


class Windows(Dataset):
    """Windows as codes of bases and labels as bytes, decoded one by one."""

    def __init__(self, rows, length, labels):
        self.codes = torch.randint(4, (rows, length), dtype=torch.uint8)
        self.labels = (torch.rand(rows, labels) < 0.02).to(torch.uint8)

    def __len__(self):
        return len(self.codes)

    def __getitem__(self, row):
        return F.one_hot(self.codes[row].long(), 4).T.float(), self.labels[row].float()


class Loader:
    """One pass over all windows in shuffled batches, decoded in processes of their own."""

    def __init__(self, row):
        data = Windows(row["rows"], row["length"], row["labels"])
        workers = row.get("workers", 0)
        self.loader = DataLoader(
            data, row["batch"], shuffle=True, drop_last=True, num_workers=workers, persistent_workers=workers > 0
        )
        self.run(1)

    def run(self, count):
        for _ in range(count):
            for _ in self.loader:
                pass


def build(row, _path):
    return {"load": Loader}[row["work"]](row)
