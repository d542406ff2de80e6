"""The replay of a capstone's past, as if it were live: see `capstan replay`."""
