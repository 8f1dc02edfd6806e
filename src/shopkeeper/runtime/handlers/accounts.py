"""The Lambda handler of the function `accounts`."""

from shopkeeper.functions.accounts import ACCOUNTS
from shopkeeper.runtime.aws_lambda import lambda_handler

handler = lambda_handler(ACCOUNTS)
