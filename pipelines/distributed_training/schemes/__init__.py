"""The ways to share one training, a file each."""

from pipelines.distributed_training.schemes.base import Scheme
from pipelines.distributed_training.schemes.compressed import OneBit, PowerSGD, TopK
from pipelines.distributed_training.schemes.data_parallel import DataParallel
from pipelines.distributed_training.schemes.expert_parallel import ExpertParallel, SingleWithExperts
from pipelines.distributed_training.schemes.fsdp import TorchFSDP
from pipelines.distributed_training.schemes.offloaded import Offloaded
from pipelines.distributed_training.schemes.pipeline_parallel import GPipe, OneFOneB
from pipelines.distributed_training.schemes.recomputed import Recomputed, TorchRecomputed
from pipelines.distributed_training.schemes.ring_attention import RingAttention
from pipelines.distributed_training.schemes.single import Single
from pipelines.distributed_training.schemes.tensor_parallel import TensorParallel
from pipelines.distributed_training.schemes.torch_ddp import TorchDDP
from pipelines.distributed_training.schemes.zero import ZeroOne, ZeroTwo
from pipelines.distributed_training.schemes.zero_three import ZeroThree

# All train the same network.
SCHEMES: dict[str, type[Scheme]] = {
    "single": Single,
    "data parallel": DataParallel,
    "torch DDP": TorchDDP,
    "ZeRO 1": ZeroOne,
    "ZeRO 2": ZeroTwo,
    "ZeRO 3": ZeroThree,
    "torch FSDP2": TorchFSDP,
    "ZeRO 2, offloaded": Offloaded,
    "recomputed": Recomputed,
    "torch checkpoint": TorchRecomputed,
    "tensor parallel": TensorParallel,
    "GPipe": GPipe,
    "1F1B": OneFOneB,
    "ring attention": RingAttention,
    "top-k": TopK,
    "1 bit": OneBit,
    "PowerSGD": PowerSGD,
}
# The same decoder with experts in the place of its feed-forward layers.
WITH_EXPERTS: dict[str, type[Scheme]] = {
    "single with experts": SingleWithExperts,
    "expert parallel": ExpertParallel,
}
