"""The door for other Reroll processes on this machine: commands handed over, and the status."""
