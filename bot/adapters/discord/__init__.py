"""Discord: slash commands, buttons and forms, and answers as Discord shows them."""
