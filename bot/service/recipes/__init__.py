"""From what people type and send to recipes."""
