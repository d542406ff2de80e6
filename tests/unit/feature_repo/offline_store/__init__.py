"""Tests of the offline store, on real Feast stores."""

from feature_repo.quick_import import import_feast

import_feast()  # before any of its modules does: each test process saves 2 s
