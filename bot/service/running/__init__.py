"""Jobs in their line, on the engine, and to their end."""
