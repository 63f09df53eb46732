"""The optimizers of a plan, as torch.optim has them: one of the weights outside of recurrent cells, one of theirs."""

import torch
from torch import nn

from highway import Highway


def make(settings, parameters):
    algorithm, rate, decay = settings["algorithm"], settings["learning_rate"], settings["weight_decay"]
    kind = algorithm["type"]
    if kind == "sgd":
        return torch.optim.SGD(parameters, lr=rate, momentum=algorithm["momentum"], weight_decay=decay)
    if kind == "rms_prop":
        alpha, epsilon = algorithm["alpha"], algorithm["epsilon"]
        return torch.optim.RMSprop(parameters, lr=rate, alpha=alpha, eps=epsilon, weight_decay=decay)
    betas = algorithm["beta1"], algorithm["beta2"]
    of = {"adam": torch.optim.Adam, "adam_w": torch.optim.AdamW}[kind]
    return of(parameters, lr=rate, betas=betas, eps=algorithm["epsilon"], weight_decay=decay)


def recurrent(net):
    """The parameters of recurrent cells."""
    cells = [module for module in net.modules() if isinstance(module, (Highway, nn.LSTM))]
    return [parameter for cell in cells for parameter in cell.parameters()]


class Optimizer:
    """What a weight step does with gradients."""

    def __init__(self, plan, net):
        rnn = recurrent(net)
        of_rnn = {id(parameter) for parameter in rnn}
        named = [(n, p) for n, p in net.named_parameters() if not n.startswith("alphas.")]
        cnn = [parameter for _, parameter in named if id(parameter) not in of_rnn]
        self.parts = [(cnn, plan["cnn"]), (rnn, plan["rnn"] or plan["cnn"])]
        self.parts = [(parameters, settings) for parameters, settings in self.parts if parameters]
        self.optimizers = [make(settings, parameters) for parameters, settings in self.parts]
        self.clip, self.max_norm = plan["clip"], plan.get("max_norm")
        self.units = [m.weight for m in net.modules() if isinstance(m, (nn.Conv1d, nn.Linear))]
        self.is_sgd = all(settings["algorithm"]["type"] == "sgd" for _, settings in self.parts)

    def zero_grad(self):
        for optimizer in self.optimizers:
            optimizer.zero_grad()

    def clip_gradients(self):
        if self.clip["type"] == "all":
            every = [parameter for parameters, _ in self.parts for parameter in parameters]
            nn.utils.clip_grad_norm_(every, self.clip["norm"])
        elif self.clip["type"] == "parts":
            for (parameters, _), norm in zip(self.parts, [self.clip["cnn"], self.clip["rnn"]]):
                nn.utils.clip_grad_norm_(parameters, norm)

    def step(self):
        self.clip_gradients()
        for optimizer in self.optimizers:
            optimizer.step()
        if self.max_norm is not None:
            with torch.no_grad():
                for weight in self.units:
                    weight.renorm_(2, 0, self.max_norm)


class of_alphas:
    """What an architecture step does with the gradients of the alphas."""

    def __init__(self, plan, alphas):
        self.alphas, self.clip = alphas, plan["arch"]["clip"]
        self.optimizer = make(plan["arch"]["optimizer"], alphas)

    def step(self):
        if self.clip is not None:
            nn.utils.clip_grad_norm_(self.alphas, self.clip)
        self.optimizer.step()
