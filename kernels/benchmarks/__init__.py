"""Each kernel compared with torch, compiled torch and liger-kernel, on one GPU."""

KERNELS = (
    "rms_norm", "rope", "swiglu", "cross_entropy", "linear_cross_entropy", "attention", "paged_attention", "adamw",
    "int8_matmul", "int4_matmul", "lora_matmul", "embedding_bag", "training_step",
)  # fmt: skip
CPU = ("histograms",)
