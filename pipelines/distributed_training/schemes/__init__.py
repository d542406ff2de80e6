"""The ways to share one training, a file each."""

_HERE = "pipelines.distributed_training.schemes"
# Name -> where its class is. All train the same network.
SCHEMES = {
    "single": f"{_HERE}.single:Single",
    "data parallel": f"{_HERE}.data_parallel:DataParallel",
    "torch DDP": f"{_HERE}.torch_ddp:TorchDDP",
    "ZeRO 1": f"{_HERE}.zero:ZeroOne",
    "ZeRO 2": f"{_HERE}.zero:ZeroTwo",
    "ZeRO 3": f"{_HERE}.zero_three:ZeroThree",
    "torch FSDP2": f"{_HERE}.fsdp:TorchFSDP",
    "ZeRO 2, offloaded": f"{_HERE}.offloaded:Offloaded",
    "recomputed": f"{_HERE}.recomputed:Recomputed",
    "torch checkpoint": f"{_HERE}.recomputed:TorchRecomputed",
    "tensor parallel": f"{_HERE}.tensor_parallel:TensorParallel",
    "GPipe": f"{_HERE}.pipeline_parallel:GPipe",
    "1F1B": f"{_HERE}.pipeline_parallel:OneFOneB",
    "ring attention": f"{_HERE}.ring_attention:RingAttention",
    "top-k": f"{_HERE}.compressed:TopK",
    "1 bit": f"{_HERE}.compressed:OneBit",
    "PowerSGD": f"{_HERE}.compressed:PowerSGD",
}
# The same decoder with experts in the place of its feed-forward layers.
WITH_EXPERTS = {
    "single with experts": f"{_HERE}.expert_parallel:SingleWithExperts",
    "expert parallel": f"{_HERE}.expert_parallel:ExpertParallel",
}
