"""What the bench measures inside a process that holds the models."""
