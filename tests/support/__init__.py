"""What tests share: processes, capstones, the model server."""
