"""The Lambda handler of the function `health`."""

from shopkeeper.functions.health import HEALTH
from shopkeeper.runtime.lambda_.handler import lambda_handler

handler = lambda_handler(HEALTH)
