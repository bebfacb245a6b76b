"""The console: the chat in a terminal, and the shell commands."""
