"""Compile every kernel for a GPU that is not here: the interpreter does not see what a compiler does.

    python -m kernels.tests.ahead 90 [--all]        # the compute capability: 80 is an A100, 90 an H100 or H200

Prints a line of JSON for each: its registers, the bytes that it spills, the instructions of its longest loop, the bytes
of shared memory, and the seconds that it took. `--all` compiles each setting, not the first alone, in bfloat16 and
float32. It takes a process to itself, without TRITON_INTERPRET: what would be launched is compiled, and nothing runs.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from triton import knobs
from triton.backends.compiler import GPUTarget
from triton.runtime import driver
from triton.runtime.jit import JITFunction

from kernels import fallback, int4_matmul, int8_matmul, tuning
from kernels.adamw import AdamW
from kernels.attention import attention
from kernels.cross_entropy import cross_entropy
from kernels.embedding_bag import embedding_bag
from kernels.linear_cross_entropy import linear_cross_entropy
from kernels.lora_matmul import lora_matmul
from kernels.paged_attention import paged_attention
from kernels.rms_norm import rms_norm
from kernels.rope import rope
from kernels.swiglu import swiglu

TYPES = (torch.bfloat16, torch.float32, torch.float16)
# A call of each kernel, of the widths of Llama 8B and few rows.
CALLS: dict[str, Callable[[torch.dtype], Any]] = {
    "rms_norm": lambda kind: rms_norm(randn(kind, 16, 4096), randn(kind, 4096)),
    "rope": lambda kind: rope(randn(kind, 1, 32, 16, 128), randn(kind, 1, 8, 16, 128), *torch.zeros(2, 1, 1, 16, 64)),
    "swiglu": lambda kind: swiglu(randn(kind, 16, 2 * 14_336)),
    "cross_entropy": lambda kind: cross_entropy(randn(kind, 16, 128_256), zeros(16)),
    "linear_cross_entropy": lambda kind: linear_cross_entropy(randn(kind, 16, 64), randn(kind, 512, 64), zeros(16)),
    "attention": lambda kind: attention(*(randn(kind, 1, heads, 256, 128) for heads in (8, 2, 2))),
    "paged_attention": lambda kind: paged_attention(
        *(randn(kind, *shape).detach() for shape in ((1, 8, 128), (4, 16, 2, 128), (4, 16, 2, 128))),
        zeros(1, 64), zeros(1) + 1024,
    ),
    "adamw": lambda kind: stepped(randn(kind, 4096)),
    "int8_matmul": lambda kind: int8_matmul.int8_matmul(
        randn(kind, 1, 4096), *int8_matmul.quantized(torch.randn(256, 4096))
    ),
    "int4_matmul": lambda kind: int4_matmul.int4_matmul(
        randn(kind, 1, 4096), *int4_matmul.quantized(torch.randn(256, 4096))
    ),
    "lora_matmul": lambda kind: lora_matmul(
        randn(kind, 16, 4096), randn(kind, 256, 4096).detach(), randn(kind, 16, 4096), randn(kind, 256, 16), 2.0
    ),
    "embedding_bag": lambda kind: embedding_bag(
        zeros(64), randn(kind, 128, 64), torch.arange(0, 64, 16), randn(kind, 64)
    ),
}  # fmt: skip


def randn(kind: torch.dtype, *shape: int) -> torch.Tensor:
    return torch.randn(shape).to(kind).requires_grad_()


def zeros(*shape: int) -> torch.Tensor:
    return torch.zeros(shape, dtype=torch.long)


def stepped(weight: torch.Tensor) -> torch.Tensor:
    weight.grad = torch.zeros_like(weight)
    AdamW([weight]).step()
    return weight.detach()


class Absent:
    """A GPU that nothing is launched on: of a driver of Triton, what compiling asks for."""

    def __init__(self, capability: int):
        self.capability = capability

    def get_current_target(self) -> GPUTarget:
        return GPUTarget("cuda", self.capability, 32)

    def get_current_device(self) -> int:
        return 0

    def get_current_stream(self, device: int) -> int:
        return 0


def assembled(text: str, capability: int) -> dict[str, int]:
    """Return what the assembler says of a kernel: its registers, the bytes that it spills, and the longest loop."""
    with tempfile.TemporaryDirectory() as folder:
        source, binary = Path(folder) / "kernel.ptx", Path(folder) / "kernel.cubin"
        source.write_text(text)
        gpu = f"sm_{capability}{'a' if capability >= 90 else ''}"
        command = [knobs.nvidia.ptxas.path, "-v", f"--gpu-name={gpu}", source, "-o", binary]
        remarks = subprocess.run(command, capture_output=True, text=True, check=True).stderr
        command = [knobs.nvidia.nvdisasm.path, "-g", "-c", binary]
        instructions = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = {"registers": r"Used (\d+) registers", "spilled": r"(\d+) bytes spill stores"}
    return {name: int(re.findall(pattern, remarks)[0]) for name, pattern in found.items()} | {
        "loop": loop(instructions)
    }


def loop(text: str) -> int:
    """Return the instructions of the longest loop that has no other inside, from its label to the branch back to it."""
    labels: dict[str, int] = {}
    loops: list[tuple[int, int]] = []
    count = 0
    for line in text.splitlines():
        if label := re.match(r"(\.L_x_\d+):", line):
            labels[label[1]] = count
        elif re.match(r"\s*/\*[0-9a-f]+\*/\s+\S", line):
            count += 1
            back = re.search(r"BRA.*`\((\.L_x_\d+)\)", line)
            if back and labels.get(back[1], count) < count - 1:  # a kernel ends with a branch to itself
                loops.append((labels[back[1]], count))
    inner = [
        span
        for span in loops
        if not any(span != within and span[0] <= within[0] < within[1] <= span[1] for within in loops)
    ]
    return max((end - start for start, end in inner), default=0)


def main() -> None:
    """Compile them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capability", type=int)
    parser.add_argument("--all", action="store_true", help="each setting, not the first alone")
    options = parser.parse_args()
    driver.set_active(Absent(options.capability))
    fallback.INTERPRETED = True  # tensors on a CPU will do
    run, now = JITFunction.run, dict[str, Any]()

    def compiled(self: Any, *inputs: Any, grid: Any, warmup: bool, **others: Any) -> None:
        began = time.monotonic()
        kernel = run(self, *inputs, grid=grid, warmup=True, **others)
        seconds = {"seconds": round(time.monotonic() - began, 1)}
        found = assembled(kernel.asm["ptx"], options.capability) | {"shared": kernel.metadata.shared} | seconds
        print(json.dumps(now | {"function": self.__name__, "warps": kernel.metadata.num_warps} | found), flush=True)

    def each(kernel: str, settings: list[tuning.Setting], shape: Any, run: Callable[[tuning.Setting], Any]) -> Any:
        for setting in settings[1:] if options.all else ():
            now["setting"] = setting
            run(setting)
        now["setting"] = settings[0]
        return settings[0]

    JITFunction.run, tuning.fastest = compiled, each
    for kind in TYPES[:2] if options.all else TYPES:
        for name, call in CALLS.items():
            now.clear()
            now.update(kernel=name, type=str(kind).removeprefix("torch."))
            outputs = call(kind)
            learned = [
                x.float().sum() for x in (outputs if isinstance(outputs, tuple) else (outputs,)) if x.requires_grad
            ]
            if learned:
                torch.stack(learned).sum().backward()


if __name__ == "__main__":
    main()
