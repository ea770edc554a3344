"""Kalshi: event contracts over REST and WebSocket, as the venue's API stood in late 2026 (V2 orders, one YES book)."""
