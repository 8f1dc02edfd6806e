"""The Lambda handler of the function `visits`."""

from shopkeeper.functions.visits import VISITS
from shopkeeper.runtime.lambda_.handler import lambda_handler

handler = lambda_handler(VISITS)
