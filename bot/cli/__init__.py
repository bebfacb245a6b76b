"""The shell command ``reroll``."""
