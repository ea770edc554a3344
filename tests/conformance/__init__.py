"""What every broker must do, as tests that a venue's adapter joins, and the venues' stand-ins on 127.0.0.1."""
