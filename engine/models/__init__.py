"""Probability models for event contracts, causal by construction, and the scores that judge them by the price."""
