"""The core: settings, the contract of a capstone, the catalogue, versions, roll-outs and the local stack."""

from capstan import old_names

old_names.install()
