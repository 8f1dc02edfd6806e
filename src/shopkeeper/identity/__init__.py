"""Who is who: the keys that sign, and the access tokens that they sign."""
