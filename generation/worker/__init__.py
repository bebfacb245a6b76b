"""The inside of the worker process, the only place where torch and its kin are imported."""
