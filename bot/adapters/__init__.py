"""The chat platforms: each translates its own words into invocations, and replies into its own."""
