"""The steps that capstones share: a plain function in core.py, its KFP shell in component.py."""
