"""Runs files of reference cases against the public functions: `python -m tests.vectors FILE...`."""
