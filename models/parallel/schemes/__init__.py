"""The ways to share one training, a file each."""

from models.parallel.schemes.base import Scheme
from models.parallel.schemes.compressed import OneBit, PowerSGD, TopK
from models.parallel.schemes.data_parallel import DataParallel
from models.parallel.schemes.expert_parallel import ExpertParallel, SingleWithExperts
from models.parallel.schemes.fsdp import TorchFSDP
from models.parallel.schemes.offloaded import Offloaded
from models.parallel.schemes.pipeline_parallel import GPipe, OneFOneB
from models.parallel.schemes.recomputed import Recomputed, TorchRecomputed
from models.parallel.schemes.ring_attention import RingAttention
from models.parallel.schemes.single import Single
from models.parallel.schemes.tensor_parallel import TensorParallel
from models.parallel.schemes.torch_ddp import TorchDDP
from models.parallel.schemes.zero import ZeroOne, ZeroTwo
from models.parallel.schemes.zero_three import ZeroThree

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
