"""Results on their way to the chats."""
