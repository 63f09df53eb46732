"""What the peer repeats: weight steps, architecture steps and scores of a network, or passes through a cell."""

import torch
from torch.nn import functional as F

import unrolled
from agreement import Errors, by_our_names, load
from highway import FinalHighway, SearchHighway
from networks import BASELINES, Alphas, GenomeNas
from optimizers import Optimizer, of_alphas


class Training:
    """A network, its optimizers, and a batch that its steps are on."""

    def __init__(self, row, options, plan):
        self.row, self.plan = row, plan
        if row["kind"] == "baseline":
            self.net = BASELINES[row["baseline"]](
                row["length"], row["labels"], dropout=row.get("dropout", True), **row.get("sizes", {})
            )
        else:
            self.net = GenomeNas(
                row["sizes"],
                row["length"],
                row["labels"],
                options if row["kind"] == "supernet" else None,
                row.get("selection"),
                row.get("dropout", True),
            )
            sizes, dropped = row["sizes"], row.get("dropout", True)
            for name in ["input_dropout", "hidden_dropout"]:
                p = plan.get(name) if plan.get(name) is not None else sizes[name]
                setattr(self.net.rnn, name, p if dropped else 0.0)
        self.device = torch.device(row.get("device", "cpu"))
        self.net.to(self.device)
        self.alphas = [p for name, p in self.net.named_parameters() if name.startswith("alphas.")]
        self.optimizer = Optimizer(plan, self.net)
        self.arch = of_alphas(plan, self.alphas) if plan.get("arch") else None
        self.train, self.other = self.random_batch(), self.random_batch()
        self.forward = self.net

    def random_batch(self):
        letters = torch.randint(4, (self.row["batch"], self.row["length"]))
        inputs = F.one_hot(letters, 4).permute(0, 2, 1).float().contiguous()
        targets = (torch.rand(self.row["batch"], self.row["labels"]) < 0.02).float()
        return inputs.to(self.device), targets.to(self.device)

    def compile(self):
        self.forward = torch.compile(self.net)

    def run(self, count):
        step = {"weights": self.weight_step, "alphas": self.arch_step, "score": self.score}[self.row["work"]]
        for _ in range(count):
            last = step()
        last.item()

    def logits(self, inputs):
        """Logits, the states of the highway cell if there is one, and what enters the last dense layer if it counts."""
        if self.row["kind"] != "baseline":
            return (*self.forward(inputs), None)
        if self.plan["hidden_l1"] > 0.0 and self.forward is self.net:
            hidden = self.net[:-1](inputs)
            return self.net[-1](hidden), None, hidden
        return self.forward(inputs), None, None

    def weight_loss(self):
        inputs, targets = self.train
        logits, states, hidden = self.logits(inputs)
        loss = F.binary_cross_entropy_with_logits(logits, targets)
        if states is not None and self.plan["slowness"] > 0.0:
            loss = loss + self.plan["slowness"] * (states[1:] - states[:-1]).square().mean()
        if hidden is not None:
            loss = loss + self.plan["hidden_l1"] * hidden.abs().sum()
        return loss

    def weight_step(self):
        self.net.train()
        for alphas in self.alphas:
            alphas.requires_grad_(False)
        self.optimizer.zero_grad()
        loss = self.weight_loss()
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def loss_of(self, batch):
        """The loss of an architecture step's pass, which has no regularisers."""
        return F.binary_cross_entropy_with_logits(self.logits(batch[0])[0], batch[1])

    def arch_gradients(self):
        self.net.train()
        for alphas in self.alphas:
            alphas.requires_grad_(True)
        order = self.plan["arch"]["order"]
        if order["type"] == "second":
            return unrolled.gradients(self, order["weight_decay"])
        return torch.autograd.grad(self.loss_of(self.other), self.alphas, allow_unused=True, materialize_grads=True)

    def arch_step(self):
        for alphas, gradient in zip(self.alphas, self.arch_gradients()):
            alphas.grad = gradient
        self.arch.step()
        return self.alphas[0].detach().sum()

    @torch.inference_mode()
    def score(self):
        self.net.eval()
        return self.logits(self.train[0])[0].sigmoid().max()

    def check(self, files):
        """The largest difference of each kind from what the worker wrote, relative to the largest value. In double
        precision: single precision of PyTorch has wrong gradients of some convolutions with stride and dilation."""
        before, errors = files["before"], Errors()
        self.net.double()
        load(self.net, before)
        self.train = before["train/inputs"], before["train/targets"]
        if "arch/inputs" in before:
            self.other = before["arch/inputs"], before["arch/targets"]
        if self.row["kind"] != "supernet":
            # The values of a supernet whose norms have seen nothing grow without a bound.
            with torch.no_grad():
                self.net.eval()
                errors.compare("score", self.logits(self.train[0])[0], before["scores"])
        if self.row["work"] == "score":
            return errors.largest
        self.net.train()
        with torch.no_grad():
            errors.compare("outputs", self.logits(self.train[0])[0], before["logits"])
        load(self.net, before)
        if self.row["work"] == "alphas":
            gradients = dict(zip((n for n, _ in self.net.alphas.named_parameters()), self.arch_gradients()))
            gradients = {f"alphas.{name}": gradient for name, gradient in gradients.items()}
        else:
            self.optimizer.zero_grad()
            self.weight_loss().backward()
            gradients = {name: p.grad for name, p in self.net.named_parameters() if p.grad is not None}
        own = by_our_names(self.net, gradients)
        kind = "alphas." if self.row["work"] == "alphas" else ""
        theirs = {n: v for n, v in files["gradients"].items() if n.startswith("moments/first/" + kind)}
        errors.compare_all("gradients", own, theirs, "moments/first/")
        load(self.net, before)
        if self.row["work"] == "alphas":
            self.arch_step()
        else:
            self.weight_step()
        state = by_our_names(self.net, self.net.state_dict())
        compared = {n: v for n, v in state.items() if n.startswith("alphas.") == (self.row["work"] == "alphas")}
        theirs = {n: v for n, v in files["after"].items() if n[len("weights/") :] in compared}
        divides = self.row["work"] == "alphas" or not self.optimizer.is_sgd
        errors.compare_all("a step", compared, theirs, "weights/", own if divides else None)
        return errors.largest


class Cell:
    """A highway cell alone, forward and backward."""

    def __init__(self, row, options):
        hidden, sizes = row["hidden"], row["sizes"]
        self.search, dropped = row.get("selection") is None, row.get("dropout", True)
        self.net = torch.nn.Module()
        if self.search:
            self.net.alphas = torch.nn.ModuleDict({"rnn": Alphas(options)})
            self.net.rnn = SearchHighway(hidden, sizes["rnn_nodes"], options)
        else:
            self.net.rnn = FinalHighway(hidden, sizes["rnn_nodes"], row["selection"])
        for name in ["input_dropout", "hidden_dropout"]:
            setattr(self.net.rnn, name, sizes[name] if dropped else 0.0)
        self.of_alphas = row["work"] == "alphas"
        for name, parameter in self.net.named_parameters():
            parameter.requires_grad_(name.startswith("alphas.") == self.of_alphas)
        self.net.to(row.get("device", "cpu"))
        shape = (row["batch"], hidden, row["length"])
        self.input = torch.randn(shape, device=row.get("device", "cpu")).requires_grad_(True)
        self.by = torch.randn_like(self.input)
        self.forward = self.net.rnn

    def compile(self):
        self.forward = torch.compile(self.net.rnn)

    def run(self, count):
        for _ in range(count):
            _, gradients = self.once()
            gradients["input"].max().item()

    def once(self):
        self.net.train()
        shares = self.net.alphas["rnn"]() if self.search else {}
        output = self.forward(self.input.permute(2, 0, 1), shares).permute(1, 2, 0)
        leaves = {"input": self.input, **{n: p for n, p in self.net.named_parameters() if p.requires_grad}}
        gradients = torch.autograd.grad((output * self.by).sum(), list(leaves.values()))
        return output.detach(), dict(zip(leaves, gradients))

    def check(self, files):
        before, errors = files["before"], Errors()
        self.net.double()
        load(self.net, before)
        self.input, self.by = before["input"].requires_grad_(True), before["by"]
        output, gradients = self.once()
        errors.compare("outputs", output, before["output"])
        own = by_our_names(self.net, gradients)
        theirs = {}
        for name, value in before.items():
            if name.startswith("gradients/alphas."):
                edge = name[len("gradients/alphas.") :]
                theirs.update(zip((f"{name}.{o}" for o in self.net.alphas["rnn"].options[edge]), value))
            elif name.startswith("gradients/"):
                theirs[name] = value
        errors.compare_all("gradients", own, theirs, "gradients/")
        return errors.largest
