"""The core: settings, the capstone contract, the catalogue, the local stack and the `capstan` command."""
