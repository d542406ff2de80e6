"""Structured pruning: take the weakest filters out of a network, which makes it smaller and faster on any hardware.

After Li et al. (2016), https://arxiv.org/abs/1608.08710: a filter whose weights are small adds little to what follows.
"""

import torch

from models.vision.convolutional import ConvolutionalNetwork


def pruned(network: ConvolutionalNetwork, keep: float) -> ConvolutionalNetwork:
    """Return a network with the strongest filters and hidden units of another: a share `keep` of each layer."""
    old, new = network.state_dict(), {}
    inputs, channels = torch.arange(1), []
    for place in range(len(network.convolutions)):
        weight, norm = old[f"convolutions.{place}.weight"], f"norms.{place}"
        # What leaves the layer is scaled by the norm's weight, so that counts too.
        scale = old[f"{norm}.weight"].abs() / old[f"{norm}.running_var"].sqrt()
        kept = strongest(weight.abs().sum(dim=(1, 2, 3)) * scale, keep)
        new[f"convolutions.{place}.weight"] = weight[kept][:, inputs]
        for name in ("weight", "bias", "running_mean", "running_var"):
            new[f"{norm}.{name}"] = old[f"{norm}.{name}"][kept]
        new[f"{norm}.num_batches_tracked"] = old[f"{norm}.num_batches_tracked"]
        inputs = kept
        channels.append(len(kept))
    hidden, output = old["hidden.weight"], old["output.weight"]
    units = strongest(hidden.abs().sum(dim=1) * output.abs().sum(dim=0), keep)
    pixels = (49 * inputs[:, None] + torch.arange(49)).flatten()  # the columns of the last filters, 7 x 7 each
    new |= {"hidden.weight": hidden[units][:, pixels], "hidden.bias": old["hidden.bias"][units]}
    new |= {"output.weight": output[:, units], "output.bias": old["output.bias"]}
    small = ConvolutionalNetwork(tuple(channels), len(units))
    small.load_state_dict(new)
    return small.eval()


def strongest(strength: torch.Tensor, keep: float) -> torch.Tensor:
    """Return the positions of the strongest, in their order."""
    return strength.topk(max(1, round(keep * len(strength)))).indices.sort().values
