"""Files of weights: GGUF, safetensors, ONNX, Llama."""
