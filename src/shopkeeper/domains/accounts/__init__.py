"""Accounts: who has one, how they sign in, and the sessions that follow."""
