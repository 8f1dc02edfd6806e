"""Accounts: registering, signing in, sessions, passwords, and the confirmation of email addresses."""
