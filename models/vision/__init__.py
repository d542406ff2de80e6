"""Pictures: networks, attacks, certificates and pruning."""
