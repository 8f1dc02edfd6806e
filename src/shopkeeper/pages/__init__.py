"""What people look at: static files without a build step. `static/` has them, `files.py` says which there are."""
