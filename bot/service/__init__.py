"""What the bot does, for every surface alike: commands in, neutral replies out."""
