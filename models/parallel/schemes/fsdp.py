"""`fully_shard` of torch (FSDP2), next to `zero_three.py`: the same on the same units. Its import takes two seconds."""

from __future__ import annotations

from models.parallel.plans import Plan
from models.parallel.schemes.base import OwnRows, Weights
from models.parallel.workers import Workers


class TorchFSDP(OwnRows):
    """What it sends is not counted here: see the bytes on the wire."""

    def __init__(self, plan: Plan, workers: Workers):
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        super().__init__(plan, workers)
        self.network = plan.network()
        mesh = init_device_mesh("cpu", (workers.size,))
        for unit in plan.units(self.network):
            fully_shard(unit, mesh=mesh)
        fully_shard(self.network, mesh=mesh)
        self.optimizer = plan.optimizer(self.network.parameters())

    def weights(self) -> Weights:
        from torch.distributed.tensor import DTensor

        named = self.network.state_dict().items()
        return {
            name: (tensor.full_tensor() if isinstance(tensor, DTensor) else tensor).clone() for name, tensor in named
        }
