"""The Lambda handler of the function `auth`."""

from shopkeeper.functions.auth import AUTH
from shopkeeper.runtime.lambda_.handler import lambda_handler

handler = lambda_handler(AUTH)
