"""What an operator does: the commands of `shopkeeper`, and the work behind them."""
