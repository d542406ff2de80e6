"""The steps that capstones share. Each has a plain function in core.py and a KFP shell in component.py."""
