"""JSON schemas as grammars of bytes, which guide a decoder."""
