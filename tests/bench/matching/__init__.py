"""How well, and how fast, the right person is found."""
