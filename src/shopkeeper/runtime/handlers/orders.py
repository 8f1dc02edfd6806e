"""The Lambda handler of the function `orders`."""

from shopkeeper.functions.orders import ORDERS_FUNCTION
from shopkeeper.runtime.lambda_.handler import lambda_handler

handler = lambda_handler(ORDERS_FUNCTION)
