"""The Lambda handler of the function `accounts`."""

from shopkeeper.functions.accounts import ACCOUNTS
from shopkeeper.runtime.lambda_.handler import lambda_handler

handler = lambda_handler(ACCOUNTS)
