"""Runs that an independent reference has worked out trade by trade, and the runner that anyone can point at more."""
