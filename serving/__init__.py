"""The model server: every capstone behind KServe's V1 and V2 protocols, features looked up in process."""
