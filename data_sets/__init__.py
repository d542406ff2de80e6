"""Data sets, one file each: source, licence, digest and raw columns. It imports nothing of ours but `capstan`."""
