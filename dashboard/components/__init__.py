"""What every page draws with: figures, tiles, states and the palette."""
