"""Old names of modules. Stored versions, MLflow's records, manifests and users' capstones import them.

An old name is a second name of the module of today: both give the same object. `python -m OLD.NAME` works, too.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import CodeType, ModuleType

# Room: the modules that were in the folder above it.
_ROOMS = {
    "capstan.contract": (
        "arguments bounds cancellation capstone capstone_check checks circle delong evaluation feature_window "
        "intervals model pixel_budget request_check request_text resources weights"
    ),
    "capstan.data": "batches contracts database disk files retention_policy storage times",
    "capstan.inputs": "downloads weights_files",
    "capstan.local": "home stack",
    "capstan.services": "endpoint_client hosts http",
    "capstan.versions": "model_version registry signatures source version_cache version_code version_seal",
    "models.bayes": "chains hamiltonian nuts",
    "models.encoder": "encoder_int8 fine_tuning minilm minilm_model minilm_weights sentence_encoder vectors verifier",
    "models.files": "ocr picture_files speech",
    "models.grammar": "json_grammar json_guide json_schema json_values",
    "models.learning": "attention checkpoints ray_training torch_stream training",
    "models.linear": "additive curves linear_svm logistic passive_aggressive platt ridge softmax",
    "models.metrics": "binary classes paired ranking regression rouge splits",
    "models.survival": "cox kaplan_meier",
    "models.tagging": "bilstm_crf crf hmm",
    "models.text": (
        "hashed_tfidf labelled_texts min_hash naive_bayes near_copies sentences text_attacks text_grams "
        "text_parts text_rank"
    ),
    "models.tokens": (
        "bert_tokens byte_pairs kneser_ney longest_pieces unigram_training unigrams word_piece_training word_pieces"
    ),
    "models.transformer": (
        "adapters completions decoder experts fused grams packed paged_cache pages positions "
        "sampling speculative streams"
    ),
    "models.trees": "booster gbdt gbdt_stream gbdt_workers",
    "models.vision": "convolutional",
    "models.weights": (
        "gguf_blocks gguf_file gguf_tokens gguf_weights llama_files onnx_files safetensors_file smollm2"
    ),
}
# Old name: new name, of modules and of packages with all that they hold.
NAMES = {
    f"{room.partition('.')[0]}.{name}": f"{room}.{name}" for room, names in _ROOMS.items() for name in names.split()
} | {
    "capstan.cluster": "cluster",
    "capstan.images": "capstan.image_names",
    "capstan.local_endpoint": "capstan.local.endpoint",
    "capstan.local_profile": "capstan.local.profile",
    "capstan.runner.cleaning": "capstan.local.cleaning",
    "capstan.runner.code": "capstan.versions.code",
    "capstan.runner.stopping": "capstan.local.stopping",
    "capstan.version": "capstan.versions.model_version",  # the loader of the first versions
    "pipelines.monitoring": "graphs.monitoring",
    "pipelines.road": "graphs.road",
    "pipelines.scoring": "graphs.scoring",
}


def current(name: str) -> str:
    """Return the name that a module has today."""
    head, tail = name, ""
    while head not in NAMES:
        head, dot, last = head.rpartition(".")
        if not dot:
            return name
        tail = f".{last}{tail}"
    return NAMES[head] + tail


class _Finder(MetaPathFinder):
    """Comes first: below the path of a renamed package, Python would find a file again, under its old name."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        name = current(fullname)
        return ModuleSpec(fullname, _Loader(name)) if name != fullname and find_spec(name) else None


class _Loader(InspectLoader):
    """Gives the module of today. Its `get_code` is for `python -m`."""

    def __init__(self, name: str):
        self._name = name

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec  # Python has just put that of the old name there

    def get_code(self, fullname: str) -> CodeType | None:
        spec = find_spec(self._name)
        assert spec and isinstance(spec.loader, InspectLoader)
        return spec.loader.get_code(self._name)

    def get_source(self, fullname: str) -> str | None:
        spec = find_spec(self._name)
        assert spec and isinstance(spec.loader, InspectLoader)
        return spec.loader.get_source(self._name)


def install() -> None:
    """Let old names be imported. A second call changes nothing."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
