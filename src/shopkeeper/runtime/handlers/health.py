"""The Lambda handler of the function `health`."""

from shopkeeper.functions.health import HEALTH
from shopkeeper.runtime.aws_lambda import lambda_handler

handler = lambda_handler(HEALTH)
