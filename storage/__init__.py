"""Storage: jobs, pictures, people and posts in a database, and the picture files on disk."""
