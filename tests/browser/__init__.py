"""Tests in a browser. They are a package, so that its fixtures end with them."""
