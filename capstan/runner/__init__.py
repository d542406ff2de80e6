"""Running a pipeline on this machine: kfp's local runner, with steps that start fast and a cache that sees the code."""
